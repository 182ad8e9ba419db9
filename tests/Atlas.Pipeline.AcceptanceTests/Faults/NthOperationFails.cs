using Atlas.Faults;

namespace Atlas.Pipeline.AcceptanceTests.Faults;

/// <summary>Makes the n-th file operation of a kind go wrong, and a full disk stay full.</summary>
/// <param name="ending">How: an error goes away again, as bad luck does; a disk that is full stays full.</param>
/// <param name="count">From 1.</param>
/// <param name="onlyWrites">Whether only operations that change a file are counted.</param>
internal sealed class NthOperationFails(Ending ending, int count, bool onlyWrites) : IFileWatch
{
    private readonly Lock _gate = new();
    private int _seen;
    private FileCall? _failed;

    /// <summary>What went wrong first; null when the run had fewer operations.</summary>
    public FileCall? Failed
    {
        get
        {
            lock (_gate)
                return _failed;
        }
    }

    public Ending Before(in FileCall call)
    {
        lock (_gate)
        {
            if (!Counts(call))
                return Ending.Done;
            _seen++;
            if (_seen != count && !(ending == Ending.IsFull && _seen > count))
                return Ending.Done;
            _failed ??= call;
            return ending;
        }
    }

    public void After(in FileCall call)
    {
    }

    /// <summary>Only what takes space can be refused for want of it, and only a write can be cut short.</summary>
    private bool Counts(in FileCall call) => ending switch
    {
        Ending.IsFull => call.Operation is FileOperation.Write or FileOperation.Replace,
        Ending.IsShort => call.Operation == FileOperation.Write,
        _ => !onlyWrites || call.Operation is FileOperation.Write or FileOperation.Sync or FileOperation.Truncate or FileOperation.Delete or FileOperation.Replace or FileOperation.Rename,
    };
}
