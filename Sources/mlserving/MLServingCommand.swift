import ArgumentParser

@main
struct MLServingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mlserving",
        abstract: "Serve models through RabbitMQ and Redis, and ask them.",
        discussion: """
            Servers, queue and limits are configured by environment variables and *.env files, the environment first; \
            options come before both. The keys are listed in variables.env.

            Exit codes: 0 success, 64 wrong usage, 65 the input was refused, 66 there is no such dead letter or file, \
            69 a server or the queue is not there, 70 the prediction failed, 75 no answer in time or overloaded (try again), \
            77 credentials refused, 78 wrong configuration.
            """,
        version: "0.1.0",
        subcommands: [
            ConsumeCommand.self, PredictCommand.self, ResultCommand.self, CancelCommand.self, StatusCommand.self, HealthCommand.self,
            DeadLettersCommand.self,
            BenchCommand.self,
        ]
    )
}
