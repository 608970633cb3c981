import ArgumentParser
import Logging
import MLServing
import MLServingHealth

struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask a consumer on this machine, or in this container, whether it is ready.",
        discussion: """
            Asks the port that the consumer answers on (HEALTH_PORT), without a connection to any server, and prints the answer. Made for the health \
            checks of containers without curl. Exits with 0 when the consumer is ready, or with --live when it is live; else with 69.

            mlserving health --port 8080

            Environment, also from *.env files: HEALTH_PORT, HEALTH_HOST

            \(ExitCode.meanings)
            """
    )

    @OptionGroup var environment: EnvironmentOptions

    @Option(help: "The consumer's port (HEALTH_PORT).")
    var port: Int?

    @Option(help: "The consumer's IP address (HEALTH_HOST, default: 127.0.0.1).")
    var host: String?

    @Flag(help: "Ask whether it is live: worth keeping, though perhaps not ready.")
    var live = false

    @Option(help: "How many seconds the consumer has to answer.")
    var timeout = Seconds.whole(3)

    func validate() throws {
        guard timeout.duration <= .seconds(3_600) else { throw ValidationError("--timeout must be at most 3600.") }
    }

    func run() async throws {
        var overrides: [String: String] = [:]
        overrides["HEALTH_PORT"] = port.map(String.init)
        overrides["HEALTH_HOST"] = host
        let reader = try await environment.reader(overrides: overrides)
        _ = try ProgramLog.logger("mlserving.health", reader: reader, default: .critical)
        guard let configuration = try HealthConfiguration(from: reader) else {
            throw ConfigurationError(key: "HEALTH_PORT", message: "is not set; expected the port that the consumer answers on")
        }
        let client = LocalHTTPClient(host: configuration.host, port: configuration.port, timeout: timeout.duration)
        let (status, body): (Int, String)
        do {
            (status, body) = try client.get(live ? "/live" : "/ready")
        } catch {
            throw ProgramError(.unavailable, "no consumer answers on \(configuration.host):\(configuration.port): \(error)")
        }
        try StandardOutput.print(body.hasSuffix("\n") ? String(body.dropLast()) : body)
        if status != 200 { throw ExitCode.unavailable }
    }
}
