/// Moments as Python's `datetime.isoformat()` writes them.
enum CeleryDate {
    /// Milliseconds since 1970; a text without an offset counts as UTC.
    ///
    /// - Returns: `nil` when it is no such text.
    static func milliseconds(from text: String) -> Int64? {
        var rest = text.utf8[...]
        func number(_ digits: Int) -> Int64? {
            let part = rest.prefix(digits)
            guard part.count == digits, part.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            rest = rest.dropFirst(digits)
            return part.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
        func take(_ scalars: Unicode.Scalar...) -> Bool {
            guard let first = rest.first, scalars.contains(where: { UInt8(ascii: $0) == first }) else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2), (1...12).contains(month),
            (1...31).contains(day), take("T", " "), let hour = number(2), take(":"), let minute = number(2)
        else { return nil }
        var seconds = (days(year, month, day) * 24 + hour) * 3_600 + minute * 60
        var milliseconds: Int64 = 0
        if take(":") {
            guard let second = number(2) else { return nil }
            seconds += second
            if take(".") {
                let digits = rest.prefix { (0x30...0x39).contains($0) }
                guard !digits.isEmpty else { return nil }
                rest = rest.dropFirst(digits.count)
                milliseconds = (Array(digits.prefix(3)) + [0x30, 0x30]).prefix(3).reduce(0) { $0 * 10 + Int64($1 - 0x30) }
            }
        }
        if rest.isEmpty || (take("Z") && rest.isEmpty) { return seconds * 1_000 + milliseconds }
        let isEast = rest.first == UInt8(ascii: "+")
        guard take("+", "-"), let hours = number(2) else { return nil }
        _ = take(":")
        guard let minutes = number(2), rest.isEmpty || rest.first == UInt8(ascii: ":") else { return nil }
        let offset = hours * 3_600 + minutes * 60
        return (isEast ? seconds - offset : seconds + offset) * 1_000 + milliseconds
    }

    /// In UTC, to the millisecond.
    static func text(ofMilliseconds milliseconds: Int64) -> String {
        let (day, rest) = (milliseconds.floored(by: 86_400_000), milliseconds.remainder(by: 86_400_000))
        let (year, month, dayOfMonth) = date(ofDays: day)
        func padded(_ value: Int64, _ count: Int) -> String {
            let text = "\(value)"
            return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
        }
        let time = [rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60].map { padded($0, 2) }.joined(separator: ":")
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))T\(time).\(padded(rest % 1_000, 3))000+00:00"
    }

    /// Days since 1970 of a date of the Gregorian calendar. Years begin in March here, so that the leap day is the last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let monthFromMarch = (month + 9) % 12
        let leapDays = shifted.floored(by: 4) - shifted.floored(by: 100) + shifted.floored(by: 400)
        return shifted * 365 + leapDays + (153 * monthFromMarch + 2) / 5 + day - 719_469
    }

    private static func date(ofDays days: Int64) -> (Int64, Int64, Int64) {
        var year = 1970 + days.floored(by: 366)
        while self.days(year + 1, 1, 1) <= days { year += 1 }
        var month: Int64 = 1
        while month < 12, self.days(year, month + 1, 1) <= days { month += 1 }
        return (year, month, days - self.days(year, month, 1) + 1)
    }
}

extension Int64 {
    fileprivate func floored(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    fileprivate func remainder(by divisor: Int64) -> Int64 { self - floored(by: divisor) * divisor }
}
