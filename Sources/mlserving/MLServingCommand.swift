import ArgumentParser

/// What `mlserving` can do.
struct MLServingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mlserving",
        abstract: "Serve models through RabbitMQ and Redis, and ask them.",
        discussion: """
            Servers, queue and limits are configured by environment variables and *.env files, the environment first; \
            options come before both. "mlserving settings" lists the keys.

            mlserving consume echo &
            mlserving predict '{"text": "hello"}'

            \(ExitCode.meanings)
            """,
        version: "0.1.0",
        subcommands: [
            ConsumeCommand.self, PredictCommand.self, ResultCommand.self, CancelCommand.self, StatusCommand.self, HealthCommand.self,
            ModelsCommand.self, DeadLettersCommand.self, BenchCommand.self, SettingsCommand.self,
        ]
    )
}

@main
enum MLServingMain {
    static func main() async {
        await Program.main(MLServingCommand.self, name: "mlserving")
    }
}
