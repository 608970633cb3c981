/// A key of the configuration: what it is called, what its values look like, and what it is for.
public struct SettingKey: Sendable, Hashable {
    /// Which programs read a key.
    public struct Users: OptionSet, Sendable, Hashable {
        /// One bit for each.
        public let rawValue: Int

        /// Makes a set.
        public init(rawValue: Int) {
            self.rawValue = rawValue
        }

        /// Programs that host a predictor.
        public static let consumers = Users(rawValue: 1)
        /// Programs that ask for predictions.
        public static let producers = Users(rawValue: 2)
        /// Programs that host a predictor, and those that ask.
        public static let all: Users = [.consumers, .producers]
    }

    /// As it is written in the environment and in files.
    public let name: String
    /// What its values look like.
    public let form: String
    /// What counts when there is no value; `nil`: nothing.
    public let standard: String?
    /// Whether its values are shown nowhere. Such a key with `_FILE` behind it names a file that holds the value.
    public let isSecret: Bool
    /// Which programs read it.
    public let users: Users
    /// What it is for.
    public let meaning: String

    /// Describes a key.
    ///
    /// - Parameters:
    ///   - name: As it is written.
    ///   - form: What its values look like.
    ///   - standard: What counts when there is no value.
    ///   - users: Which programs read it.
    ///   - isSecret: Whether its values are to be shown nowhere.
    ///   - meaning: What it is for.
    public init(_ name: String, _ form: String, _ standard: String?, _ users: Users, isSecret: Bool = false, _ meaning: String) {
        self.name = name
        self.form = form
        self.standard = standard
        self.users = users
        self.isSecret = isSecret
        self.meaning = meaning
    }

    /// The name, and for a secret also that of the key that names a file.
    var names: [String] { isSecret ? [name, name + "_FILE"] : [name] }
}

extension SettingKey {
    /// Lines for the help of a program: the name of each key, and what it is for.
    public static func help(_ keys: [SettingKey]) -> String {
        let width = keys.map(\.name.count).max() ?? 0
        return keys.map { key in
            let name = key.name + String(repeating: " ", count: width - key.name.count)
            let standard = key.standard.map { ", default \($0)" } ?? ""
            return "  \(name)  \(key.meaning) (\(key.form)\(standard))"
        }.joined(separator: "\n")
    }
}
