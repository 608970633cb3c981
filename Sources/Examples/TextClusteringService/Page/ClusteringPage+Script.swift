extension ClusteringPage {
    static let javaScript = #"""
        "use strict";
        const element = id => document.getElementById(id);
        let running = null;

        element("form").addEventListener("submit", async event => {
          event.preventDefault();
          running?.abort();
          const mine = running = new AbortController();
          clear();
          // The numbers are those of the lines that the reader sees, the empty ones included.
          const lines = new Map();
          element("texts").value.split(/\r?\n/).forEach((line, index) => {
            if (line.trim()) lines.set(`line ${index + 1}`, line.trim());
          });
          if (!lines.size) {
            fail("There are no texts yet. Write one in each line.");
            element("texts").focus();
            return;
          }
          element("status").textContent = "Clustering …";
          element("progress").hidden = false;
          element("progress").removeAttribute("value");
          try {
            const details = await cluster(lines, mine.signal);
            if (running === mine) draw(lines, details);
          } catch (error) {
            if (running === mine) fail(error.message);
          } finally {
            if (running === mine) element("progress").hidden = true;
          }
        });

        // The browser itself says what is wrong with a number.
        element("form").addEventListener("invalid", clear, true);

        async function cluster(lines, signal) {
          const query = new URLSearchParams({ positions: "true" });
          if (element("threshold").value) query.set("threshold", element("threshold").value);
          if (element("size").value) query.set("minimum_size", element("size").value);
          // Ids that are not numbers: objects put such members first.
          const body = JSON.stringify(Object.fromEntries(lines));
          let response;
          try {
            response = await fetch(`api/v1/predict?${query}`, {
              method: "POST", body, signal, headers: { "Content-Type": "application/json", "Accept": "application/x-ndjson" },
            });
          } catch {
            throw new Error("The service cannot be reached.");
          }
          if (!response.ok) throw new Error(await reason(response));
          const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
          let rest = "";
          for (;;) {
            const { value, done } = await reader.read();
            if (done) throw new Error("The connection ended before the clusters came.");
            const parts = (rest + value).split("\n");
            rest = parts.pop();
            for (const part of parts) {
              const message = JSON.parse(part);
              if (message.result) return message.result;
              if (message.Error) throw new Error(message.Error);
              element("progress").value = (message.stage === "embedding" ? 0 : 0.5) + message.done / message.of / 2;
            }
          }
        }

        // What is in between may answer with something else than the service does.
        async function reason(response) {
          try {
            return (await response.json()).Error ?? `The service answered with status ${response.status}.`;
          } catch {
            return `The service answered with status ${response.status}.`;
          }
        }

        function draw(lines, details) {
          const picture = element("picture");
          const list = element("clusters");
          const groups = [...details.clusters];
          if (details.unclustered.length) groups.push({ label: -1, terms: [], texts: details.unclustered });
          for (const group of groups) {
            const heading = document.createElement("h3");
            paint(heading, group.label);
            // Texts that share no word may well belong together.
            const topic = () => group.terms.join(", ") || lines.get(group.representative);
            heading.textContent = group.label < 0 ? "In no cluster" : topic();
            const items = document.createElement("ul");
            for (const item of group.texts) {
              const row = document.createElement("li");
              row.textContent = lines.get(item.id);
              if (item.id === group.representative) row.className = "representative";
              if (item.distance !== undefined) {
                const distance = document.createElement("span");
                distance.className = "distance";
                const role = item.id === group.representative ? "representative, " : "";
                distance.textContent = ` (${role}distance ${item.distance.toFixed(2)})`;
                row.append(distance);
              }
              items.append(row);
              picture.append(dot(item, group.label, lines.get(item.id)));
            }
            list.append(heading, items);
          }
          element("results").hidden = false;
          const count = details.clusters.reduce((sum, group) => sum + group.texts.length, 0);
          element("status").textContent = `${count} of ${lines.size} texts in ${details.clusters.length} clusters`;
        }

        function dot(item, label, text) {
          const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
          const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
          title.textContent = text;
          circle.append(title);
          circle.setAttribute("cx", item.position[0]);
          circle.setAttribute("cy", -item.position[1]);
          circle.setAttribute("r", label < 0 ? .012 : .018);
          paint(circle, label);
          return circle;
        }

        function paint(node, label) {
          if (label < 0) node.classList.add("none");
          else node.style.setProperty("--hue", (label * 137.508) % 360);
        }

        // What is left of the last texts would seem to belong to what is said next.
        function clear() {
          element("results").hidden = true;
          element("picture").replaceChildren();
          element("clusters").replaceChildren();
          element("status").textContent = "";
          element("error").textContent = "";
          element("texts").removeAttribute("aria-invalid");
          element("progress").hidden = true;
        }

        function fail(message) {
          element("status").textContent = "";
          const named = message.replace(/(the text of )?(the )?id "line (\d+)"/g, "line $3");
          element("error").textContent = named.charAt(0).toUpperCase() + named.slice(1);
          element("texts").setAttribute("aria-invalid", "true");
        }

        """#
}
