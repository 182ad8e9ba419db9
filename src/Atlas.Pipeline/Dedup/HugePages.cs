using System.Runtime.InteropServices;

namespace Atlas.Pipeline.Dedup;

/// <summary>Asks Linux for large pages under memory that is looked at in random places, before it is touched: every look would else miss the TLB, and every 4 KiB be a fault of its own.</summary>
/// <remarks>Advice and no more (madvise, Linux 5.14 for the touching): what the system does with it changes no content. Where there is no such call, nothing happens.</remarks>
internal static unsafe partial class HugePages
{
    private const int Huge = 14;
    private const int Populate = 23;
    private const nuint Page = 4096;

    /// <summary>A huge page; less memory than this cannot have one.</summary>
    private const long Least = 2 << 20;

    public static void AskFor(void* memory, long bytes) => Advise(memory, bytes, Huge);

    /// <summary>Touches all of it at once. A table that is looked at in random places is touched as a whole by its first thousands of keys: a gigabyte then made the first lines wait for 0.3 to 1.5 seconds.</summary>
    public static void Touch(void* memory, long bytes) => Advise(memory, bytes, Populate);

    private static void Advise(void* memory, long bytes, int advice)
    {
        if (!OperatingSystem.IsLinux() || bytes < Least)
            return;
        var start = ((nuint)memory + Page - 1) & ~(Page - 1);
        var end = ((nuint)memory + (nuint)bytes) & ~(Page - 1);
        _ = Advise(start, end - start, advice);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nuint address, nuint length, int advice);
}
