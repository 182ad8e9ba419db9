using System.Buffers;

namespace Atlas.Pipeline.Tests.Fetch;

/// <summary>A pool that knows who has not given back.</summary>
internal sealed class CountingPool : ArrayPool<byte>
{
    private int _rented;
    private int _outstanding;

    public int Rented => Volatile.Read(ref _rented);

    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>Called at every rent.</summary>
    public Action? OnRent { get; set; }

    public override byte[] Rent(int minimumLength)
    {
        Interlocked.Increment(ref _rented);
        Interlocked.Increment(ref _outstanding);
        OnRent?.Invoke();
        return new byte[minimumLength];
    }

    public override void Return(byte[] array, bool clearArray = false) => Interlocked.Decrement(ref _outstanding);
}
