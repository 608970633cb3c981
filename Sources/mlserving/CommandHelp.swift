import ArgumentParser
import MLServing

/// What stands at the end of each command's help.
enum CommandHelp {
    /// The keys that a command reads, by name, and where to find more.
    static func environment(_ users: SettingKey.Users) -> String {
        let names = SettingKey.all.filter { !$0.users.isDisjoint(with: users) }.map(\.name)
        return "Environment, also from *.env files (\"mlserving settings\" explains the keys): " + names.joined(separator: ", ")
            + "\n\n\(ExitCode.meanings)"
    }
}
