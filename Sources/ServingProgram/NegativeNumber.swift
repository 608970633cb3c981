internal import MLServing

/// Keeps negative numbers among the arguments from being taken for options.
///
/// The parser knows a value by that it does not begin with a minus sign. A space before it, which means nothing in JSON, makes `-5` a value
/// wherever it stands, and no option loses its own value by it, as it would if the number were moved behind `--`.
public enum NegativeNumber {
    /// The arguments with a space before each negative number that comes before `--`; `nil` when there is none.
    static func shielded(in arguments: [String]) -> [String]? {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        let shielded = arguments[..<end].map { isNegativeNumber($0) ? " " + $0 : $0 } + arguments[end...]
        return shielded == arguments ? nil : shielded
    }

    /// The argument as it was given.
    public static func unshielded(_ argument: String) -> String {
        argument.first == " " && isNegativeNumber(argument.dropFirst()) ? String(argument.dropFirst()) : argument
    }

    private static func isNegativeNumber(_ text: some StringProtocol) -> Bool {
        text.first == "-" && text.dropFirst().first?.isNumber == true && Double(decimal: text) != nil
    }
}
