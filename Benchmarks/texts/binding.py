"""Answers all texts of a file with fastText's Python binding: binding.py MODEL TEXTS words|sentences|labels PASSES"""
import sys
import time

import fasttext

fasttext.FastText.eprint = lambda *ignored, **also: None
path, texts, task, passes = sys.argv[1:]
model = fasttext.load_model(path)
with open(texts) as file:
    lines = file.read().split("\n")[:-1]
answer = {"words": model.get_word_vector, "sentences": model.get_sentence_vector}.get(task, lambda text: model.f.predict(text + "\n", 1, 0.0, "strict"))
for _ in range(int(passes)):
    start = time.perf_counter()
    for line in lines:
        answer(line)
    print(len(lines) / (time.perf_counter() - start), flush=True)
