#include "COpenSSL.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

// A borrowed session is another library's SSL on a socket. Here only bytes pass through it; its owner frees it.

// What a result that is no success means. Leaves in `errno` what the socket said, or 0.
static ssize_t judge(mlserving_tls_borrowed *session, int result) {
    int error = errno;
    errno = 0;
    switch (SSL_get_error(session, result)) {
    case SSL_ERROR_WANT_READ: return mlserving_tls_needs_input;
    case SSL_ERROR_WANT_WRITE: return mlserving_tls_needs_output;
    case SSL_ERROR_ZERO_RETURN: return mlserving_tls_end_of_stream;
    case SSL_ERROR_SYSCALL: errno = error; return mlserving_tls_failure;
    default: return mlserving_tls_failure;
    }
}

ssize_t mlserving_tls_borrowed_read(mlserving_tls_borrowed *session, void *bytes, size_t count) {
    size_t read = 0;
    ERR_clear_error();
    errno = 0;
    int result = SSL_read_ex(session, bytes, count, &read);
    return result == 1 ? (ssize_t)read : judge(session, result);
}

ssize_t mlserving_tls_borrowed_write(mlserving_tls_borrowed *session, const void *bytes, size_t count) {
    size_t written = 0;
    ERR_clear_error();
    errno = 0;
    int result = SSL_write_ex(session, bytes, count, &written);
    return result == 1 ? (ssize_t)written : judge(session, result);
}
