import Foundation
import Testing

@testable import TextClusteringService

/// What the page is made of. How it looks and behaves takes a browser.
@Suite struct ClusteringPageTests {
    private typealias Colour = (red: Double, green: Double, blue: Double)

    /// The colours of a palette by their names: 0 is that for light, 1 that for dark.
    private static func palette(_ index: Int) -> [String: Colour] {
        var palette: [String: Colour] = [:]
        let blocks = ClusteringPage.css.split(separator: ":root {")
        for match in blocks[index].matches(of: /--([a-z]+): #([0-9a-f]{6})/) {
            guard let number = Int(match.2, radix: 16) else { continue }
            palette[String(match.1)] = (Double(number >> 16) / 255, Double(number >> 8 & 255) / 255, Double(number & 255) / 255)
        }
        return palette
    }

    /// The relative luminance of WCAG 2.2.
    private static func luminance(_ colour: Colour) -> Double {
        func linear(_ value: Double) -> Double { value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4) }
        return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue)
    }

    private static func contrast(_ first: Colour, _ second: Colour) -> Double {
        let (dark, light) = (min(luminance(first), luminance(second)), max(luminance(first), luminance(second)))
        return (light + 0.05) / (dark + 0.05)
    }

    /// `hsl(hue 65% lightness)`
    private static func dot(hue: Double, lightness: Double) -> Colour {
        func part(_ number: Double) -> Double {
            let step = (number + hue / 30).truncatingRemainder(dividingBy: 12)
            return lightness - 0.65 * min(lightness, 1 - lightness) * max(-1, min(step - 3, 9 - step, 1))
        }
        return (part(0), part(8), part(4))
    }

    @Test(arguments: [0, 1])
    func textsHaveContrastAA(index: Int) throws {
        let palette = Self.palette(index)
        let paper = try #require(palette["paper"])
        for name in ["ink", "faint", "error", "accent"] { #expect(Self.contrast(try #require(palette[name]), paper) >= 4.5, "\(name)") }
        #expect(Self.contrast(try #require(palette["edge"]), paper) >= 3)
        #expect(
            ClusteringPage.css.contains("button {\n  font: inherit; padding: .3rem 1rem; color: var(--paper); background: var(--accent)"))
    }

    @Test(arguments: [0, 1])
    func dotsOfEveryHueHaveContrastAA(index: Int) throws {
        let blocks = ClusteringPage.css.split(separator: ":root {")
        let lightness = try #require(blocks[index].firstMatch(of: /--lightness: ([0-9]+)%/).flatMap { Double($0.1) }) / 100
        let paper = try #require(Self.palette(index)["paper"])
        for hue in 0..<360 { #expect(Self.contrast(Self.dot(hue: Double(hue), lightness: lightness), paper) >= 3, "\(hue)") }
    }

    @Test func noColourIsOutsideThePalettes() {
        let colours = ClusteringPage.css.matches(of: /#[0-9a-fA-F]{3,8}\b/).filter { !$0.0.hasPrefix("#error") }
        #expect(colours.count == 12)
        #expect(!ClusteringPage.javaScript.contains("hsl("))
    }

    @Test func everyFieldHasALabelAndEveryDistanceIsTaken() throws {
        for id in ["texts", "threshold", "size"] { #expect(ClusteringPage.markup.contains("<label for=\"\(id)\">")) }
        let threshold = try #require(ClusteringPage.markup.split(separator: "\n").first { $0.contains("id=\"threshold\"") })
        #expect(threshold.contains("step=\"any\""))
    }

    @Test func whatChangesIsTold() {
        for part in [
            "id=\"error\" role=\"alert\"", "id=\"status\" role=\"status\"", "<progress id=\"progress\" max=\"1\" aria-label", "<main>",
            "<section id=\"results\" aria-labelledby=\"results-title\"", "lang=\"en\"", "role=\"img\"",
        ] { #expect(ClusteringPage.markup.contains(part)) }
        #expect(ClusteringPage.css.contains(":focus-visible { outline: 3px"))
    }

    @Test func longWordsBreakOnNarrowScreens() {
        #expect(ClusteringPage.markup.contains("width=device-width"))
        #expect(ClusteringPage.css.contains("overflow-wrap: anywhere"))
        #expect(!ClusteringPage.css.contains("nowrap"))
    }

    @Test func everyElementThatTheScriptNamesIsThere() {
        let names = Set(ClusteringPage.javaScript.matches(of: /element\("([a-z]+)"\)/).map { String($0.1) })
        #expect(names.count > 5)
        for name in names { #expect(ClusteringPage.markup.contains("id=\"\(name)\""), "\(name)") }
    }
}
