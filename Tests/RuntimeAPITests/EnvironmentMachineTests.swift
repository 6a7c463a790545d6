import Testing

// The machine is this module's own affair: it is tested from inside, so that nobody else builds on it.
@testable import RuntimeAPI

@Suite("An environment's machine")
struct EnvironmentMachineTests {
    private static func at(_ seconds: Int64) -> MonotonicTime {
        MonotonicTime(nanoseconds: seconds * 1_000_000_000)
    }

    private static func make(_ phase: EnvironmentMachine.InitPhase = .first) -> EnvironmentMachine {
        EnvironmentMachine(phase: phase, deadline: at(10), idleTimeout: .seconds(600))
    }

    /// A machine in each state, by its name.
    private static func machine(_ name: String) -> EnvironmentMachine {
        var machine = make()
        if name == "starting" { return machine }
        _ = machine.nextRequested(now: at(1))
        if name == "idle" { return machine }
        machine.dispatch(requestID: "one", deadline: at(4))
        switch name {
        case "busy": break
        case "between": _ = machine.answered(requestID: "one")
        case "idle again":
            _ = machine.answered(requestID: "one")
            _ = machine.nextRequested(now: at(2))
        case "ending": _ = machine.deadlinePassed(now: at(4))
        case "dead": _ = machine.exited()
        default: Issue.record("no state \(name)")
        }
        return machine
    }

    static let states = ["starting", "idle", "busy", "between", "idle again", "ending", "dead"]

    @Test(
        "next is allowed once at a time",
        arguments: zip(states, [true, false, false, true, false, false, false]))
    func next(state: String, isAllowed: Bool) {
        var machine = Self.machine(state)
        let before = machine
        switch machine.nextRequested(now: Self.at(3)) {
        case .park: #expect(isAllowed)
        case .refuse(let refusal):
            #expect(!isAllowed)
            #expect(refusal == .invalidStateTransition)
            #expect(machine == before, "a refusal changes nothing")
        }
    }

    @Test(
        "An answer must be for the invocation in hand, and only one",
        arguments: zip(
            states,
            [
                .refuse(.invalidStateTransition), .refuse(.invalidRequestID), .accept,
                .refuse(.invalidStateTransition), .refuse(.invalidStateTransition),
                .refuse(.invalidStateTransition), .refuse(.invalidStateTransition),
            ] as [EnvironmentMachine.AnswerAction]))
    func answer(state: String, expected: EnvironmentMachine.AnswerAction) {
        var machine = Self.machine(state)
        #expect(machine.answered(requestID: "one") == expected)
    }

    @Test(
        "An answer for another invocation changes nothing",
        arguments: ["busy", "between", "idle", "idle again"])
    func wrongID(state: String) {
        var machine = Self.machine(state)
        let before = machine
        #expect(machine.answered(requestID: "two") == .refuse(.invalidRequestID))
        #expect(machine == before)
    }

    @Test("Only a starting runtime can fail its init", arguments: states)
    func initError(state: String) {
        var machine = Self.machine(state)
        let expected: EnvironmentMachine.InitErrorAction =
            state == "starting" ? .fail : .refuse(.invalidStateTransition)
        #expect(machine.initErrorPosted() == expected)
    }

    @Test(
        "The end of the process means something else in each state",
        arguments: zip(
            states,
            [
                .initFailed, .left, .invocationFailed(requestID: "one"), .left, .left, .expected, .expected,
            ] as [EnvironmentMachine.ExitAction]))
    func exit(state: String, expected: EnvironmentMachine.ExitAction) {
        var machine = Self.machine(state)
        #expect(machine.exited() == expected)
        #expect(machine.state == .dead)
    }

    @Test(
        "A deadline means something else in each state",
        arguments: zip(
            states,
            [
                .startAgain, .reap, .timedOut(requestID: "one"), .overstayed, .reap, .none, .none,
            ] as [EnvironmentMachine.DeadlineAction]))
    func deadline(state: String, expected: EnvironmentMachine.DeadlineAction) {
        var machine = Self.machine(state)
        if let deadline = machine.deadline {
            let early = MonotonicTime(nanoseconds: deadline.nanoseconds - 1)
            #expect(machine.deadlinePassed(now: early) == .none)
        }
        #expect(machine.deadlinePassed(now: Self.at(10_000)) == expected)
    }

    @Test("A repeated init leaves the first invocation what is left of its timeout")
    func inheritance() {
        var machine = Self.make(.repeated)
        #expect(machine.nextRequested(now: Self.at(3)) == .park(ended: .repeated, inherited: Self.at(10)))
        var late = Self.make(.repeated)
        #expect(late.deadlinePassed(now: Self.at(10)) == .initTimedOut)
    }

    @Test("A parked runtime that lost its connection may come back")
    func reconnect() {
        var machine = Self.machine("idle")
        machine.nextAbandoned(now: Self.at(5), grace: .seconds(10))
        #expect(machine.deadline == Self.at(15))
        #expect(machine.nextRequested(now: Self.at(6)) == .park(ended: nil, inherited: nil))
    }

    @Test("Retiring spares the busy", arguments: zip(states, [true, true, false, true, true, false, false]))
    func retire(state: String, expected: Bool) {
        var machine = Self.machine(state)
        #expect(machine.retire() == expected)
    }

    @Test("Abandoning names the invocation that is lost")
    func abandon() {
        var busy = Self.machine("busy")
        #expect(busy.abandon() == "one")
        var idle = Self.machine("idle")
        #expect(idle.abandon() == nil)
        #expect(idle.state == .ending)
    }
}
