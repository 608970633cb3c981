#ifndef MLSERVING_COPENSSL_H
#define MLSERVING_COPENSSL_H

// What a TLS client needs of OpenSSL, much of which is macros: a context that says whom to trust, and sessions that turn plain bytes into
// encrypted ones and back between two buffers in memory. Only sessions that are borrowed from another library are on a socket. Besides, a
// digest.

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/// OpenSSL's SSL_CTX. Used for one connection at a time, since it keeps why the last certificate was refused, and the session.
typedef struct ssl_ctx_st mlserving_tls_context;

/// One end of an encrypted connection.
typedef struct mlserving_tls_session mlserving_tls_session;

/// OpenSSL's SSL, which belongs to another library.
typedef struct ssl_st mlserving_tls_borrowed;

/// Why no bytes were moved.
typedef enum {
    /// More must arrive from the peer first.
    mlserving_tls_needs_input = -1,
    /// The socket must take more first.
    mlserving_tls_needs_output = -2,
    /// The peer has said goodbye.
    mlserving_tls_end_of_stream = -3,
    /// The session must not be used any more. `errno` is what the socket said, or 0.
    mlserving_tls_failure = -4,
} mlserving_tls_obstacle;

/// What is wrong.
typedef enum {
    mlserving_tls_reason_none,
    mlserving_tls_reason_authorities,
    mlserving_tls_reason_certificate,
    mlserving_tls_reason_key,
    mlserving_tls_reason_server_name,
    mlserving_tls_reason_expired,
    mlserving_tls_reason_not_yet_valid,
    mlserving_tls_reason_unknown_authority,
    mlserving_tls_reason_wrong_host,
    mlserving_tls_reason_untrusted,
    mlserving_tls_reason_certificate_demanded,
    mlserving_tls_reason_certificate_refused,
    mlserving_tls_reason_not_tls,
    mlserving_tls_reason_version,
    mlserving_tls_reason_refused,
    mlserving_tls_reason_other,
} mlserving_tls_reason;

/// What is checked of the server's certificate.
typedef enum {
    mlserving_tls_check_nothing,
    mlserving_tls_check_authority,
    mlserving_tls_check_everything,
} mlserving_tls_check;

/// Whom to trust, and who we are. The texts are used during the call only; each may be NULL.
typedef struct {
    /// A PEM file; NULL for the authorities of the system.
    const char *authority_file;
    const char *certificate_file;
    const char *key_file;
    const char *key_password;
    mlserving_tls_check check;
    /// The DNS name or IP address that the server's certificate must be for.
    const char *host;
} mlserving_tls_options;

/// A client's context, or NULL without memory.
mlserving_tls_context *mlserving_tls_context_create(void);
void mlserving_tls_context_free(mlserving_tls_context *context);

/// Makes a client's context, ours or another library's, trust and present what the options say, and speak TLS 1.2 or later.
///
/// Returns what is wrong, and writes more about it to `detail`.
mlserving_tls_reason mlserving_tls_context_configure(
    mlserving_tls_context *context, const mlserving_tls_options *options, char *detail, size_t capacity);

/// Why the last handshake, read or write with a configured context failed: on the thread where it did, before it does anything else.
/// No reason means that the connection itself broke.
mlserving_tls_reason mlserving_tls_context_explain(mlserving_tls_context *context, char *detail, size_t capacity);

/// Whether the text is an IP address, which no server name indication may hold.
bool mlserving_tls_is_address(const char *host);

/// A client's session, or NULL without memory. It keeps the context alive.
///
/// - server_name: what to ask the server for (SNI); may be NULL.
/// - capacity: the size of each of the two buffers of encrypted bytes, which grow no further.
mlserving_tls_session *mlserving_tls_session_create(mlserving_tls_context *context, const char *server_name, size_t capacity);
void mlserving_tls_session_free(mlserving_tls_session *session);

/// Goes on with the handshake: 1 when it is done, 0 when encrypted bytes must be exchanged first, -1 on failure.
int mlserving_tls_session_handshake(mlserving_tls_session *session);

/// Decrypts: the number of bytes, 0 when encrypted bytes must arrive first, -1 on failure, -2 after the peer's goodbye.
ssize_t mlserving_tls_session_read(mlserving_tls_session *session, void *bytes, size_t count);

/// Encrypts one record's worth: the number of bytes, 0 when encrypted bytes must leave first, -1 on failure.
ssize_t mlserving_tls_session_write(mlserving_tls_session *session, const void *bytes, size_t count);

/// Says goodbye, unless the session has failed or never began.
void mlserving_tls_session_close(mlserving_tls_session *session);

/// Whether bytes from the peer are in the session and have not been read.
bool mlserving_tls_session_holds_input(const mlserving_tls_session *session);

/// Room for encrypted bytes from the peer: its size, and where it is. What is written there counts once it has been committed.
size_t mlserving_tls_session_input(mlserving_tls_session *session, void **bytes);
void mlserving_tls_session_commit_input(mlserving_tls_session *session, size_t count);

/// Encrypted bytes for the peer: how many lie together, and where. They stay until they are consumed.
size_t mlserving_tls_session_output(mlserving_tls_session *session, const void **bytes);
void mlserving_tls_session_consume_output(mlserving_tls_session *session, size_t count);

/// The version that is spoken, such as "TLSv1.3".
const char *mlserving_tls_session_version(const mlserving_tls_session *session);

/// Borrows the session of another library's configured context, once its handshake has begun; else NULL. The session, which has to be on a
/// socket that does not block, remains the library's to free, and the library must not use it until then.
mlserving_tls_borrowed *mlserving_tls_context_borrow(mlserving_tls_context *context);

/// Decrypts, a record's worth at most: the number of bytes, or an obstacle. Either kind of need may arise: TLS may have to answer first.
ssize_t mlserving_tls_borrowed_read(mlserving_tls_borrowed *session, void *bytes, size_t count);

/// Encrypts and writes, a record's worth at most: the number of bytes, or an obstacle. After a need the next write must begin with the same
/// bytes, wherever they are by then, and have as many at least.
ssize_t mlserving_tls_borrowed_write(mlserving_tls_borrowed *session, const void *bytes, size_t count);

/// Stores the SHA-256 of some bytes, 32 of them.
void mlserving_sha256(const void *bytes, size_t count, void *digest);

#endif
