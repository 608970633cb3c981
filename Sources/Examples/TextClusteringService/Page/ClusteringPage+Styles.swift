extension ClusteringPage {
    /// Texts have a contrast of 4.5 or more, dots and borders of 3 or more (WCAG 2.2, AA), in light and dark.
    static let css = """
        :root {
          color-scheme: light dark;
          font: 16px/1.4 system-ui, sans-serif;
          --paper: #ffffff; --ink: #1a1a1a; --faint: #595959; --error: #b00020; --edge: #767676; --accent: #0b57d0;
          --lightness: 34%;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #121212; --ink: #eeeeee; --faint: #a6a6a6; --error: #ff8a80; --edge: #8c8c8c; --accent: #8ab4f8;
            --lightness: 65%;
          }
        }
        body { margin: 0; background: var(--paper); color: var(--ink); }
        main { max-width: 60rem; margin: 1rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
        textarea, input { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--edge); border-radius: .2rem; }
        textarea { display: block; width: 100%; box-sizing: border-box; margin: .3rem 0 .6rem; padding: .3rem; }
        input { width: 6rem; min-height: 1.6rem; }
        ::placeholder { color: var(--faint); opacity: 1; }
        button {
          font: inherit; padding: .3rem 1rem; color: var(--paper); background: var(--accent); border: 1px solid var(--accent);
          border-radius: .2rem;
        }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        .row { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; }
        svg { width: 100%; max-height: 36rem; margin: 1rem 0; border: 1px solid var(--edge); border-radius: .4rem; }
        [hidden] { display: none; }
        circle { fill: hsl(var(--hue) 65% var(--lightness)); }
        circle.none { fill: var(--edge); }
        circle:hover { stroke: var(--ink); stroke-width: .008; }
        h3 {
          font-size: 1.05rem; margin: 1rem 0 .2rem; padding-left: .5rem;
          border-left: .6rem solid hsl(var(--hue) 65% var(--lightness));
        }
        h3.none { border-left: .6rem solid var(--edge); }
        ul { margin: 0; padding-left: 1.4rem; }
        li.representative { font-weight: 600; }
        .distance { color: var(--faint); font-size: .85rem; font-weight: 400; }
        #error { color: var(--error); font-weight: 600; }
        #error:empty, #status:empty { display: none; }
        @media (forced-colors: active) { circle, h3 { forced-color-adjust: none; } }

        """
}
