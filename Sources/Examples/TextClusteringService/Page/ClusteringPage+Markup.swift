extension ClusteringPage {
    static let markup = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Clusters of short texts</title>
        <link rel="stylesheet" href="page.css">
        <script src="page.js" defer></script>
        </head>
        <body>
        <main>
        <h1>Clusters of short texts</h1>
        <form id="form">
        <label for="texts">Texts, one in each line</label>
        <textarea id="texts" rows="12" spellcheck="false" aria-describedby="error"></textarea>
        <div class="row">
        <label for="threshold">Distance, from 0 to 2</label>
        <input id="threshold" type="number" inputmode="decimal" min="0" max="2" step="any" placeholder="default">
        <label for="size">Smallest cluster</label>
        <input id="size" type="number" inputmode="numeric" min="1" step="1" placeholder="default">
        <button id="submit">Cluster</button>
        <progress id="progress" max="1" aria-label="Progress" hidden></progress>
        </div>
        </form>
        <p id="error" role="alert"></p>
        <p id="status" role="status"></p>
        <section id="results" aria-labelledby="results-title" hidden>
        <h2 id="results-title">Clusters</h2>
        <svg id="picture" viewBox="-1.08 -1.08 2.16 2.16" role="img" \
        aria-label="The texts as dots on a plane, coloured by cluster; the lists below have the same clusters"></svg>
        <div id="clusters"></div>
        </section>
        <noscript><p>This page needs JavaScript. Programs send their texts to api/v1/predict.</p></noscript>
        </main>
        </body>
        </html>

        """
}
