import ArgumentParser
import MLServing

struct SettingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings",
        abstract: "List the keys of the configuration, with their defaults.",
        discussion: """
            The keys are those of environment variables and of *.env files. Where a key is a secret, the same with _FILE behind it names a \
            file that holds the value.

            mlserving settings
            mlserving settings --producers
            """
    )

    @Flag(help: "Only the keys that consumers read.")
    var consumers = false

    @Flag(help: "Only the keys that producers read.")
    var producers = false

    func run() async throws {
        var users: SettingKey.Users = []
        if consumers { users.insert(.consumers) }
        if producers { users.insert(.producers) }
        let keys = SettingKey.all.filter { users.isEmpty || !$0.users.isDisjoint(with: users) }
        try StandardOutput.print(SettingKey.help(keys))
    }
}
