#include "COpenSSL.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

// The most that a record adds to the bytes in it, with room for the answer to a request for new keys before it.
enum { record_overhead = 1024 };

struct mlserving_tls_session {
    SSL *ssl;
    // The far end of the pair of buffers that the SSL reads from and writes to.
    BIO *peer;
    // After a failure the SSL must not be used any more.
    bool has_failed;
};

mlserving_tls_session *mlserving_tls_session_create(mlserving_tls_context *context, const char *server_name, size_t capacity) {
    mlserving_tls_session *session = calloc(1, sizeof *session);
    if (session == NULL) { return NULL; }
    BIO *near = NULL;
    session->ssl = SSL_new(context);
    if (session->ssl == NULL || BIO_new_bio_pair(&near, capacity, &session->peer, capacity) != 1) {
        mlserving_tls_session_free(session);
        return NULL;
    }
    SSL_set_bio(session->ssl, near, near);
    SSL_set_connect_state(session->ssl);
    if (server_name != NULL && SSL_set_tlsext_host_name(session->ssl, server_name) != 1) {
        mlserving_tls_session_free(session);
        return NULL;
    }
    return session;
}

void mlserving_tls_session_free(mlserving_tls_session *session) {
    if (session == NULL) { return; }
    SSL_free(session->ssl);
    BIO_free(session->peer);
    free(session);
}

// What a result that is no success means, in the numbers of the header.
static ssize_t judge(mlserving_tls_session *session, int result) {
    switch (SSL_get_error(session->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return 0;
    case SSL_ERROR_ZERO_RETURN: return -2;
    default:
        session->has_failed = true;
        return -1;
    }
}

int mlserving_tls_session_handshake(mlserving_tls_session *session) {
    if (session->has_failed) { return -1; }
    ERR_clear_error();
    int result = SSL_do_handshake(session->ssl);
    if (result == 1) { return 1; }
    return judge(session, result) == 0 ? 0 : -1;
}

ssize_t mlserving_tls_session_read(mlserving_tls_session *session, void *bytes, size_t count) {
    if (session->has_failed) { return -1; }
    ERR_clear_error();
    size_t read = 0;
    int result = SSL_read_ex(session->ssl, bytes, count, &read);
    return result == 1 ? (ssize_t)read : judge(session, result);
}

ssize_t mlserving_tls_session_write(mlserving_tls_session *session, const void *bytes, size_t count) {
    if (session->has_failed) { return -1; }
    if (count == 0) { return 0; }
    if (count > SSL3_RT_MAX_PLAIN_LENGTH) { count = SSL3_RT_MAX_PLAIN_LENGTH; }
    // With room for all of the record none is ever left half written, which would bind the next write to the same bytes.
    if (BIO_ctrl_get_write_guarantee(SSL_get_wbio(session->ssl)) < count + record_overhead) { return 0; }
    ERR_clear_error();
    size_t written = 0;
    int result = SSL_write_ex(session->ssl, bytes, count, &written);
    if (result == 1) { return (ssize_t)written; }
    return judge(session, result) == 0 ? 0 : -1;
}

void mlserving_tls_session_close(mlserving_tls_session *session) {
    if (session->has_failed || !SSL_is_init_finished(session->ssl)) { return; }
    ERR_clear_error();
    SSL_shutdown(session->ssl);
    session->has_failed = true;
    ERR_clear_error();
}

bool mlserving_tls_session_holds_input(const mlserving_tls_session *session) {
    return SSL_has_pending(session->ssl) || BIO_ctrl_pending(SSL_get_rbio(session->ssl)) > 0;
}

size_t mlserving_tls_session_input(mlserving_tls_session *session, void **bytes) {
    char *start = NULL;
    int count = BIO_nwrite0(session->peer, &start);
    *bytes = start;
    return count > 0 ? (size_t)count : 0;
}

void mlserving_tls_session_commit_input(mlserving_tls_session *session, size_t count) {
    char *start;
    if (count > 0) { BIO_nwrite(session->peer, &start, (int)count); }
}

size_t mlserving_tls_session_output(mlserving_tls_session *session, const void **bytes) {
    char *start = NULL;
    int count = BIO_nread0(session->peer, &start);
    *bytes = start;
    return count > 0 ? (size_t)count : 0;
}

void mlserving_tls_session_consume_output(mlserving_tls_session *session, size_t count) {
    char *start;
    if (count > 0) { BIO_nread(session->peer, &start, (int)count); }
}

const char *mlserving_tls_session_version(const mlserving_tls_session *session) { return SSL_get_version(session->ssl); }
