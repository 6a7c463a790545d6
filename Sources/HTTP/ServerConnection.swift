/// One client of a server, whatever it speaks. Confined to the server's loop.
protocol ServerConnection: AnyObject {
    var socket: Int32 { get }
    /// When the server calls `deadlineExpired`, on the loop's monotonic clock; `Int64.max` for never.
    var deadline: Int64 { get }

    /// Called by the server some time after the deadline.
    func deadlineExpired()
    /// Answers what is under way, takes nothing new, and closes then.
    func drain()
    /// Closes at once and tells whoever waits on behalf of this client.
    func close()
}
