using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Atlas.Pipeline.Ledger;

/// <summary>Where pinned bytes are, for as long as they are kept and pinned: a span that can wait in an array.</summary>
internal readonly unsafe struct PinnedSpan(ReadOnlySpan<byte> pinned)
{
    private readonly nint _address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(pinned));
    private readonly int _length = pinned.Length;

    public ReadOnlySpan<byte> Bytes => new((void*)_address, _length);
}
