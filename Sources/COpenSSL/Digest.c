#include "COpenSSL.h"

#include <openssl/sha.h>

void mlserving_sha256(const void *bytes, size_t count, void *digest) { SHA256(bytes, count, digest); }
