extension ClusteringPage {
    static let markup = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Clusters of short texts</title>
        <link rel="stylesheet" href="page.css">
        <script src="page.js" defer></script>
        </head>
        <body>
        <main>
        <h1>Clusters of short texts</h1>
        <form id="form">
        <label for="texts">Texts, one in each line</label>
        <textarea id="texts" rows="12" spellcheck="false" required></textarea>
        <div class="row">
        <label>Distance <input id="threshold" type="number" min="0" max="2" step="0.05" placeholder="default"></label>
        <label>Smallest cluster <input id="size" type="number" min="1" step="1" placeholder="default"></label>
        <button id="submit">Cluster</button>
        <progress id="progress" max="1" hidden></progress>
        </div>
        </form>
        <p id="status" role="status"></p>
        <svg id="picture" viewBox="-1.08 -1.08 2.16 2.16" role="img" aria-label="Texts on a plane, coloured by cluster" hidden></svg>
        <div id="clusters"></div>
        </main>
        </body>
        </html>

        """

    static let css = """
        :root { color-scheme: light dark; font: 16px/1.4 system-ui, sans-serif; }
        main { max-width: 60rem; margin: 1rem auto; padding: 0 1rem; }
        textarea { display: block; width: 100%; box-sizing: border-box; font: inherit; margin: .3rem 0 .6rem; }
        input { width: 6rem; font: inherit; }
        button { font: inherit; padding: .2rem 1rem; }
        .row { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; }
        svg { width: 100%; max-height: 36rem; margin: 1rem 0; border: 1px solid #8886; border-radius: .4rem; }
        [hidden] { display: none; }
        circle { opacity: .8; }
        circle:hover { stroke: currentColor; stroke-width: .008; }
        h2 { font-size: 1.05rem; margin: 1rem 0 .2rem; padding-left: .5rem; border-left: .6rem solid var(--colour); }
        ul { margin: 0; padding-left: 1.4rem; }
        li.representative { font-weight: 600; }
        .distance { color: #888; font-size: .85rem; }
        .error { color: #c22; }

        """
}
