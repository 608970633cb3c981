/// A model that hosts serve and have announced.
public struct AnnouncedModel: Sendable, Hashable {
    /// A process that serves it.
    public struct Host: Sendable, Hashable {
        /// Tells it from all others.
        public let id: String
        /// The machine's name.
        public let machine: String
        /// The process's number on that machine.
        public let processID: Int
        /// When it began to serve the model, in milliseconds since 1970, by its own clock.
        public let since: Int64
    }

    /// What it is called.
    public let address: ModelAddress

    /// The content types that its requests may have.
    public let contentTypes: [String]

    /// What it says of itself; if its hosts differ, what the one says that began last.
    public let description: ModelDescription

    /// The processes that serve it, the one that began last first.
    public let hosts: [Host]
}

extension AnnouncedModel {
    /// Puts together what hosts have announced, in the order of the models' names. What is no announcement is left out.
    static func models(in entries: [DirectoryEntry]) -> [AnnouncedModel] {
        let announcements = entries.compactMap { Announcement($0) }
        let groups = Dictionary(grouping: announcements) { $0.address }
        let models = groups.map { address, group in
            // By the id, too, so that two who began at the same time always come in the same order.
            let latest = group.sorted { ($0.host.since, $0.host.id) > ($1.host.since, $1.host.id) }
            return AnnouncedModel(
                address: address, contentTypes: latest[0].contentTypes, description: latest[0].description, hosts: latest.map(\.host))
        }
        return models.sorted { ($0.address.name, $0.address.version ?? "") < ($1.address.name, $1.address.version ?? "") }
    }
}
