internal import CEventLoop
internal import Dispatch
internal import Glibc

/// Starts threads that the system schedules, for work that must stay off Swift's cooperative pool.
enum SystemThread {
    /// Decoding takes stack for each level of nesting. librabbitmq does not bound it: what one frame of 128 KiB can nest takes up to
    /// 4 MiB. The system's default may be less; what is not touched costs nothing.
    private static let stackSize = 8 << 20

    /// Runs `body` on a new thread, and returns when the thread has run `prepare`.
    static func start(name: String, prepare: @escaping @Sendable () -> Void, body: @escaping @Sendable () -> Void) {
        let ready = DispatchSemaphore(value: 0)
        let main = ThreadMain {
            mlserving_name_thread(name)
            prepare()
            ready.signal()
            body()
        }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackSize)
        var handle = pthread_t()
        let status = pthread_create(&handle, &attributes, { ThreadMain.run($0) }, Unmanaged.passRetained(main).toOpaque())
        // Without its thread an executor would swallow every job given to it; nothing in the process could go on.
        precondition(status == 0, "cannot start the thread \(name): error \(status)")
        pthread_detach(handle)
        ready.wait()
    }
}

/// Carries a closure across `pthread_create`.
private final class ThreadMain: Sendable {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }

    static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument else { return nil }
        Unmanaged<ThreadMain>.fromOpaque(argument).takeRetainedValue().body()
        return nil
    }
}
