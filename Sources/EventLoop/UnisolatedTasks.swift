/// Runs tasks on a loop's thread without its isolation.
final class UnisolatedTasks: TaskExecutor {
    private let loop: EventLoop

    init(on loop: EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        loop.enqueue(UnownedJob(job), for: self)
    }
}
