import Testing

@testable import Redis

@Suite("RedisServerError")
struct RedisServerErrorTests {
    @Test(arguments: [
        "OOM command not allowed when used memory > 'maxmemory'.", "READONLY You can't write against a read only replica.",
        "MISCONF Redis is configured to save RDB snapshots", "LOADING Redis is loading the dataset in memory", "BUSY Redis is busy",
        "CLUSTERDOWN The cluster is down", "TRYAGAIN Multiple keys request during rehashing of slot", "MASTERDOWN Link with MASTER is down",
        "NOREPLICAS Not enough good replicas to write.", "NOSCRIPT No matching script.", "NOAUTH Authentication required.",
        "ERR max number of clients reached",
        // As Redis 6 puts what happens in a script.
        "ERR Error running script (call to f_0): @user_script:4: @user_script: 4: -OOM command not allowed",
        // A code that is not known may pass.
        "STRANGE something",
    ])
    func temporary(_ message: String) {
        #expect(RedisServerError(message: message).isTemporary)
    }

    @Test(arguments: [
        "NOPERM No permissions to access a key", "WRONGTYPE Operation against a key holding the wrong kind of value",
        "MOVED 3999 127.0.0.1:6381", "ERR unknown command 'EVAL'", "ERR Protocol error: invalid bulk length",
        "ERR string exceeds maximum allowed size (proto-max-bulk-len)",
        "ERR Error running script (call to f_0): @user_script:1: WRONGTYPE Operation against a key",
    ])
    func lasting(_ message: String) {
        #expect(!RedisServerError(message: message).isTemporary)
    }

    @Test func sizeIsTold() {
        #expect(RedisServerError(message: "ERR Protocol error: invalid bulk length").isAboutSize)
        #expect(!RedisServerError(message: "OOM command not allowed").isAboutSize)
    }

    @Test func explanationKeepsTheServersWordsAndSaysWhatToDo() {
        let error = RedisServerError(message: "OOM command not allowed")
        #expect(error.explained.hasPrefix("OOM command not allowed; "))
        #expect(error.explained.contains("maxmemory"))
        #expect(RedisServerError(message: "ERR odd").explained == "ERR odd")
    }
}
