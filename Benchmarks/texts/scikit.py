"""Clusters the vectors of a file with scikit-learn: scikit.py VECTORS DIMENSION LINKAGE METRIC CLUSTERS LABELS"""
import resource
import sys
import time

import numpy
from sklearn.cluster import AgglomerativeClustering

vectors, dimension, linkage, metric, clusters, labels = sys.argv[1:]
rows = numpy.fromfile(vectors, dtype=numpy.float32).reshape(-1, int(dimension))
start = time.perf_counter()
found = AgglomerativeClustering(n_clusters=int(clusters), linkage=linkage, metric=metric).fit_predict(rows)
print(time.perf_counter() - start, 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
numpy.savetxt(labels, found, fmt="%d")
