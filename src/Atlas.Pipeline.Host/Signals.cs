using System.Runtime.InteropServices;

namespace Atlas.Pipeline.Host;

/// <summary>SIGINT and SIGTERM: the first drains, the second aborts, the third does what a signal does to a program that does not care.</summary>
/// <remarks>The handlers only call back; what takes time happens elsewhere, since the runtime waits for a handler to return.</remarks>
internal sealed class Signals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Action _drain;
    private readonly Action<int> _abort;
    private int _seen;

    public Signals(Action drain, Action<int> abort)
    {
        _drain = drain;
        _abort = abort;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
        ];
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        var seen = Interlocked.Increment(ref _seen);
        context.Cancel = seen < 3;
        if (seen == 1)
            _drain();
        else if (seen == 2)
            _abort(context.Signal == PosixSignal.SIGTERM ? ExitCode.Terminated : ExitCode.Interrupted);
    }
}
