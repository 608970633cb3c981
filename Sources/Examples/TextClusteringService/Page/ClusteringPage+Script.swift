extension ClusteringPage {
    static let javaScript = #"""
        "use strict";
        const element = id => document.getElementById(id);
        const colour = label => label < 0 ? "#999" : `hsl(${(label * 137.508) % 360} 65% 48%)`;
        let running = null;

        element("form").addEventListener("submit", async event => {
          event.preventDefault();
          const lines = element("texts").value.split("\n").map(line => line.trim()).filter(line => line);
          if (!lines.length) return;
          running?.abort();
          const mine = running = new AbortController();
          show("", false);
          element("progress").hidden = false;
          element("progress").removeAttribute("value");
          try {
            const details = await cluster(lines, mine.signal);
            if (running === mine) draw(lines, details);
          } catch (error) {
            if (running === mine) show(error.message, true);
          } finally {
            if (running === mine) element("progress").hidden = true;
          }
        });

        async function cluster(lines, signal) {
          const query = new URLSearchParams({ positions: "true" });
          if (element("threshold").value) query.set("threshold", element("threshold").value);
          if (element("size").value) query.set("minimum_size", element("size").value);
          // Ids that are not numbers: objects put such members first.
          const body = JSON.stringify(Object.fromEntries(lines.map((line, index) => [`t${index}`, line])));
          const response = await fetch(`api/v1/predict?${query}`, {
            method: "POST", body, signal, headers: { "Content-Type": "application/json", "Accept": "application/x-ndjson" },
          });
          if (!response.ok) throw new Error((await response.json()).Error);
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

        function draw(lines, details) {
          const text = item => lines[Number(item.id.slice(1))];
          const picture = element("picture");
          const list = element("clusters");
          picture.replaceChildren();
          list.replaceChildren();
          const groups = [...details.clusters];
          if (details.unclustered.length) groups.push({ label: -1, terms: [], texts: details.unclustered });
          for (const group of groups) {
            const heading = document.createElement("h2");
            heading.style.setProperty("--colour", colour(group.label));
            // Texts that share no word may well belong together.
            const topic = () => group.terms.join(", ") || text({ id: group.representative });
            heading.textContent = group.label < 0 ? "In no cluster" : topic();
            const items = document.createElement("ul");
            for (const item of group.texts) {
              const row = document.createElement("li");
              row.textContent = text(item);
              if (item.id === group.representative) row.className = "representative";
              if (item.distance !== undefined) {
                const distance = document.createElement("span");
                distance.className = "distance";
                distance.textContent = `  ${item.distance.toFixed(2)}`;
                row.append(distance);
              }
              items.append(row);
              picture.append(dot(item, group.label, text(item)));
            }
            list.append(heading, items);
          }
          picture.removeAttribute("hidden");
          const count = details.clusters.reduce((sum, group) => sum + group.texts.length, 0);
          show(`${count} of ${lines.length} texts in ${details.clusters.length} clusters`, false);
        }

        function dot(item, label, text) {
          const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
          const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
          title.textContent = text;
          circle.append(title);
          circle.setAttribute("cx", item.position[0]);
          circle.setAttribute("cy", -item.position[1]);
          circle.setAttribute("r", label < 0 ? .012 : .018);
          circle.setAttribute("fill", colour(label));
          return circle;
        }

        function show(message, isError) {
          element("status").textContent = message;
          element("status").className = isError ? "error" : "";
        }

        """#
}
