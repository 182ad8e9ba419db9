using System.Text;

namespace Atlas.Pipeline.Ledger;

/// <summary>UTF-8 that the collector never moves, so that it can be bound in place for as long as it is kept.</summary>
internal static class PinnedText
{
    public static byte[] Of(string text)
    {
        var pinned = GC.AllocateUninitializedArray<byte>(Encoding.UTF8.GetByteCount(text), pinned: true);
        Encoding.UTF8.GetBytes(text, pinned);
        return pinned;
    }
}
