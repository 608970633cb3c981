"""Compares the clusters that the service makes of labelled texts with the labels, at several thresholds."""

import argparse
import collections
import json
import random
import urllib.request

from sklearn.metrics import adjusted_rand_score

THRESHOLDS = [0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.1]


def clusters(address, texts, threshold):
    request = urllib.request.Request(
        f"{address}/api/v1/predict?threshold={threshold}",
        json.dumps({str(index): text for index, text in enumerate(texts)}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=300) as response:
        return {int(label): [int(text) for text in ids] for label, ids in json.load(response).items()}


def purity(groups, labels):
    """The share of the texts whose label is the most frequent one of their cluster."""
    most = sum(collections.Counter(labels[text] for text in group).most_common(1)[0][1] for group in groups)
    return most / max(1, sum(map(len, groups)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("title", "texts", "address"):
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    with open(arguments.texts) as file:
        labelled = json.load(file)
    labels = [item["label"] for item in labelled]
    texts = [item["text"] for item in labelled]
    print(f"{arguments.title}: {len(texts)} texts, {len(set(labels))} labels")
    print(f"{'threshold':>9}  {'clusters':>8}  {'clustered':>9}  {'purity':>6}  {'by chance':>9}  {'Rand index':>10}  {'Rand index, all':>15}")
    for threshold in THRESHOLDS:
        found = clusters(arguments.address, texts, threshold)
        alone = found.pop(-1, [])
        members = {text: label for label, group in found.items() for text in group}
        clustered = sorted(members)
        among = adjusted_rand_score([labels[text] for text in clustered], [members[text] for text in clustered]) if clustered else 0
        # Texts without a cluster count as clusters of their own.
        for number, text in enumerate(alone):
            members[text] = -1 - number
        overall = adjusted_rand_score(labels, [members[text] for text in range(len(texts))])
        share = len(clustered) / len(texts)
        # Small clusters are pure by themselves: as much of it is had with the labels in any other order.
        shuffled = random.Random(1).sample(labels, len(labels))
        print(f"{threshold:9}  {len(found):8}  {share:8.0%}   {purity(found.values(), labels):6.2f}  {purity(found.values(), shuffled):9.2f}  {among:10.3f}  {overall:15.3f}")
    print()


main()
