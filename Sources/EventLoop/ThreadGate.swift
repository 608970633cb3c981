internal import CEventLoop
internal import Glibc

/// A gate that threads wait at until it is opened, once.
final class ThreadGate: Sendable {
    private let descriptor = mlserving_eventfd()

    deinit {
        close(descriptor)
    }

    func open() {
        mlserving_eventfd_signal(descriptor)
    }

    func wait() {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while mlserving_poll(&entry, 1, -1) < 0, errno == EINTR {}
    }
}
