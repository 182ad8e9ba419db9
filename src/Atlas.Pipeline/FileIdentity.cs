using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Atlas.Pipeline;

/// <summary>Names a file by what survives renaming, so that offsets are found again after a rotation.</summary>
/// <remarks>
/// On Linux: device, inode and the time of birth, as inodes are used again after a deletion. It is read with statx, whose layout is the same on every
/// architecture. Elsewhere: the time of creation and the path, so that a renamed file counts as a new one.
/// </remarks>
internal static partial class FileIdentity
{
    private const int CurrentDirectory = -100;
    private const int EmptyPath = 0x1000;
    private const uint InodeAndBirth = 0x100 | BirthIsKnown;
    private const uint BirthIsKnown = 0x800;

    /// <summary>Characters: five numbers of up to 16 digits and what stands between them.</summary>
    private const int Longest = (5 * 16) + 4;

    /// <summary>The identity of the file that a path leads to; null if there is none or it may not be looked at.</summary>
    public static string? OfPath(string path)
    {
        if (OperatingSystem.IsLinux())
            return Look(CurrentDirectory, path, 0);
        return File.Exists(path) ? Elsewhere(path) : null;
    }

    /// <summary>Whether a path leads to the file of an identity; for null, whether there is none or it may not be looked at. On Linux without an allocation, as it is asked before every commit.</summary>
    public static bool IsOfPath(string path, string? identity)
    {
        if (!OperatingSystem.IsLinux())
            return OfPath(path) == identity;
        Span<char> found = stackalloc char[Longest];
        return TryLook(CurrentDirectory, path, 0, found, out var length) ? found[..length].SequenceEqual(identity) : identity is null;
    }

    /// <summary>The identity of an open file.</summary>
    public static string? OfOpen(SafeFileHandle handle, string path) =>
        OperatingSystem.IsLinux() ? Look((int)handle.DangerousGetHandle(), "", EmptyPath) : Elsewhere(path);

    private static string Elsewhere(string path) =>
        string.Create(CultureInfo.InvariantCulture, $"{File.GetCreationTimeUtc(path).Ticks:x}:{Path.GetFullPath(path)}");

    private static string? Look(int directory, string path, int flags)
    {
        Span<char> found = stackalloc char[Longest];
        return TryLook(directory, path, flags, found, out var length) ? found[..length].ToString() : null;
    }

    private static bool TryLook(int directory, string path, int flags, Span<char> identity, out int length)
    {
        length = 0;
        Span<byte> about = stackalloc byte[256];
        if (Statx(directory, path, flags, InodeAndBirth, ref MemoryMarshal.GetReference(about)) != 0)
            return false;

        var inode = BinaryPrimitives.ReadUInt64LittleEndian(about[32..]);
        var major = BinaryPrimitives.ReadUInt32LittleEndian(about[136..]);
        var minor = BinaryPrimitives.ReadUInt32LittleEndian(about[140..]);
        var hasBirth = (BinaryPrimitives.ReadUInt32LittleEndian(about) & BirthIsKnown) != 0;
        var seconds = hasBirth ? BinaryPrimitives.ReadInt64LittleEndian(about[80..]) : 0;
        var nanoseconds = hasBirth ? BinaryPrimitives.ReadUInt32LittleEndian(about[88..]) : 0;
        length = Write(identity, 0, major, ':');
        length = Write(identity, length, minor, ':');
        length = Write(identity, length, inode, ':');
        length = Write(identity, length, (ulong)seconds, '.');
        nanoseconds.TryFormat(identity[length..], out var digits, "x", CultureInfo.InvariantCulture);
        length += digits;
        return true;
    }

    private static int Write(Span<char> identity, int at, ulong number, char behind)
    {
        number.TryFormat(identity[at..], out var digits, "x", CultureInfo.InvariantCulture);
        identity[at + digits] = behind;
        return at + digits + 1;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, ref byte about);
}
