#include "COpenSSL.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What is known of a context's one connection. Belongs to its SSL_CTX, which frees it.
struct connection {
    // Why the last certificate was refused.
    int error;
    char subject[160];
    // Whose handshake began last. Dangles once its owner has freed it.
    SSL *session;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int connection_index = -1;

static void free_connection(void *parent, void *connection, CRYPTO_EX_DATA *data, int index, long argument, void *context) {
    (void)parent, (void)data, (void)index, (void)argument, (void)context;
    free(connection);
}

static void make_index(void) { connection_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_connection); }

static struct connection *connection_of(const SSL_CTX *context) {
    return connection_index < 0 ? NULL : SSL_CTX_get_ex_data(context, connection_index);
}

static int note_refusal(int is_accepted, X509_STORE_CTX *store) {
    if (is_accepted) { return 1; }
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct connection *connection = ssl == NULL ? NULL : connection_of(SSL_get_SSL_CTX(ssl));
    X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    if (connection != NULL && connection->error == X509_V_OK) {
        connection->error = X509_STORE_CTX_get_error(store);
        connection->subject[0] = '\0';
        if (certificate != NULL) { X509_NAME_oneline(X509_get_subject_name(certificate), connection->subject, sizeof connection->subject); }
    }
    return 0;
}

// The only word of a session that another library makes is that its handshake begins.
static void note_session(const SSL *ssl, int where, int result) {
    (void)result;
    if (!(where & SSL_CB_HANDSHAKE_START)) { return; }
    struct connection *connection = connection_of(SSL_get_SSL_CTX(ssl));
    if (connection != NULL) { connection->session = (SSL *)ssl; }
}

static void say(char *detail, size_t capacity, const char *text) {
    if (capacity > 0) { snprintf(detail, capacity, "%s", text == NULL ? "" : text); }
}

// MARK: Configuration

mlserving_tls_context *mlserving_tls_context_create(void) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL) { return NULL; }
    // A write takes what there is room for, from wherever the bytes are by then; an idle session keeps no buffers.
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    return context;
}

void mlserving_tls_context_free(mlserving_tls_context *context) { SSL_CTX_free(context); }

bool mlserving_tls_is_address(const char *host) {
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

// Without a password there is none: OpenSSL would ask whoever sits at the terminal.
static int copy_password(char *buffer, int size, int is_for_writing, void *password) {
    (void)is_for_writing;
    if (password == NULL) { return -1; }
    size_t count = strlen(password);
    if (size < 0 || count > (size_t)size) { return -1; }
    memcpy(buffer, password, count);
    return (int)count;
}

// Why a file could not be read: the first failure that says something.
static void say_file_failure(char *detail, size_t capacity, bool has_password) {
    const char *text = NULL;
    for (unsigned long error; (error = ERR_get_error()) != 0;) {
        int library = ERR_GET_LIB(error), reason = ERR_GET_REASON(error);
        if (ERR_SYSTEM_ERROR(error)) {
            text = strerror(reason);
        } else if (library == ERR_LIB_PEM && (reason == PEM_R_BAD_PASSWORD_READ || reason == PEM_R_PROBLEMS_GETTING_PASSWORD)) {
            text = "it is encrypted, and there is no password";
        } else if (library == ERR_LIB_PEM && reason == PEM_R_NO_START_LINE) {
            text = "it does not hold what is expected, in PEM form";
        } else if (reason == X509_R_KEY_VALUES_MISMATCH && (library == ERR_LIB_X509 || library == ERR_LIB_SSL)) {
            text = "it does not belong to the certificate";
        } else if (text == NULL) {
            text = has_password ? "it cannot be read with the password that is given" : ERR_reason_error_string(error);
            continue;
        } else {
            continue;
        }
        break;
    }
    ERR_clear_error();
    say(detail, capacity, text == NULL ? "it cannot be read" : text);
}

static mlserving_tls_reason trust(SSL_CTX *context, const mlserving_tls_options *options, char *detail, size_t capacity) {
    if (options->check == mlserving_tls_check_nothing) {
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
        return mlserving_tls_reason_none;
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, note_refusal);
    int is_read = options->authority_file == NULL ? SSL_CTX_set_default_verify_paths(context)
                                                  : SSL_CTX_load_verify_locations(context, options->authority_file, NULL);
    if (is_read != 1) {
        say_file_failure(detail, capacity, false);
        return mlserving_tls_reason_authorities;
    }
    if (options->check == mlserving_tls_check_authority) { return mlserving_tls_reason_none; }
    X509_VERIFY_PARAM *parameters = SSL_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    // An empty name would be one that is not checked.
    bool is_set = options->host != NULL && options->host[0] != '\0' &&
                  (mlserving_tls_is_address(options->host) ? X509_VERIFY_PARAM_set1_ip_asc(parameters, options->host)
                                                           : X509_VERIFY_PARAM_set1_host(parameters, options->host, 0)) == 1;
    if (!is_set) {
        say(detail, capacity, "it is neither a name nor an address");
        return mlserving_tls_reason_server_name;
    }
    return mlserving_tls_reason_none;
}

static mlserving_tls_reason present(SSL_CTX *context, const mlserving_tls_options *options, char *detail, size_t capacity) {
    if (options->certificate_file == NULL || options->key_file == NULL) { return mlserving_tls_reason_none; }
    if (SSL_CTX_use_certificate_chain_file(context, options->certificate_file) != 1) {
        say_file_failure(detail, capacity, false);
        return mlserving_tls_reason_certificate;
    }
    SSL_CTX_set_default_passwd_cb_userdata(context, (void *)options->key_password);
    bool is_read = SSL_CTX_use_PrivateKey_file(context, options->key_file, SSL_FILETYPE_PEM) == 1 && SSL_CTX_check_private_key(context) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(context, NULL);
    if (!is_read) {
        say_file_failure(detail, capacity, options->key_password != NULL);
        return mlserving_tls_reason_key;
    }
    return mlserving_tls_reason_none;
}

mlserving_tls_reason mlserving_tls_context_configure(
    mlserving_tls_context *context, const mlserving_tls_options *options, char *detail, size_t capacity) {
    say(detail, capacity, "");
    ERR_clear_error();
    pthread_once(&once, make_index);
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL || connection_index < 0 || SSL_CTX_set_ex_data(context, connection_index, connection) != 1) {
        free(connection);
        say(detail, capacity, "out of memory");
        return mlserving_tls_reason_other;
    }
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
        say(detail, capacity, "the TLS library does not offer TLS 1.2");
        return mlserving_tls_reason_version;
    }
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_info_callback(context, note_session);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_default_passwd_cb(context, copy_password);
    mlserving_tls_reason reason = trust(context, options, detail, capacity);
    return reason == mlserving_tls_reason_none ? present(context, options, detail, capacity) : reason;
}

// MARK: Failures

static mlserving_tls_reason reason_of_refusal(int error) {
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return mlserving_tls_reason_expired;
    case X509_V_ERR_CERT_NOT_YET_VALID: return mlserving_tls_reason_not_yet_valid;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return mlserving_tls_reason_wrong_host;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE: return mlserving_tls_reason_unknown_authority;
    default: return mlserving_tls_reason_untrusted;
    }
}

// The reasons from 1000 on are alerts that the peer sent.
static mlserving_tls_reason reason_of_error(int reason) {
    switch (reason) {
    case SSL_AD_REASON_OFFSET + SSL_AD_CERTIFICATE_REQUIRED: return mlserving_tls_reason_certificate_demanded;
    case SSL_AD_REASON_OFFSET + SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_REASON_OFFSET + SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_REASON_OFFSET + SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_REASON_OFFSET + SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_REASON_OFFSET + SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_REASON_OFFSET + SSL_AD_UNKNOWN_CA:
    case SSL_AD_REASON_OFFSET + SSL_AD_ACCESS_DENIED: return mlserving_tls_reason_certificate_refused;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_RECORD_LENGTH_MISMATCH:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST: return mlserving_tls_reason_not_tls;
    case SSL_AD_REASON_OFFSET + SSL_AD_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_UNKNOWN_PROTOCOL: return mlserving_tls_reason_version;
    case SSL_AD_REASON_OFFSET + SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_REASON_OFFSET + SSL_AD_INSUFFICIENT_SECURITY:
    case SSL_AD_REASON_OFFSET + SSL_AD_UNRECOGNIZED_NAME: return mlserving_tls_reason_refused;
#ifdef SSL_R_UNEXPECTED_EOF_WHILE_READING
    case SSL_R_UNEXPECTED_EOF_WHILE_READING: return mlserving_tls_reason_none;
#endif
    default: return mlserving_tls_reason_other;
    }
}

mlserving_tls_reason mlserving_tls_context_explain(mlserving_tls_context *context, char *detail, size_t capacity) {
    struct connection *connection = connection_of(context);
    if (connection != NULL && connection->error != X509_V_OK) {
        mlserving_tls_reason reason = reason_of_refusal(connection->error);
        if (capacity > 0) {
            snprintf(detail, capacity, "%s; subject %s", X509_verify_cert_error_string(connection->error), connection->subject);
        }
        connection->error = X509_V_OK;
        ERR_clear_error();
        return reason;
    }
    unsigned long error = ERR_peek_error();
    ERR_clear_error();
    if (error == 0 || ERR_SYSTEM_ERROR(error)) {
        say(detail, capacity, "");
        return mlserving_tls_reason_none;
    }
    say(detail, capacity, ERR_reason_error_string(error));
    return ERR_GET_LIB(error) == ERR_LIB_SSL ? reason_of_error(ERR_GET_REASON(error)) : mlserving_tls_reason_other;
}

// MARK: Another library's session

mlserving_tls_borrowed *mlserving_tls_context_borrow(mlserving_tls_context *context) {
    const struct connection *connection = connection_of(context);
    if (connection == NULL || connection->session == NULL) { return NULL; }
    // A write takes what there is room for, from wherever the bytes are by then.
    SSL_set_mode(connection->session, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return connection->session;
}
