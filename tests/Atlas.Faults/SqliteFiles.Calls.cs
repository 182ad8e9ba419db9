using System.Runtime.InteropServices;

namespace Atlas.Faults;

/// <content>The calls that SQLite makes, each handed on to the default VFS.</content>
internal static unsafe partial class SqliteFiles
{
    [UnmanagedCallersOnly]
    private static int Open(Vfs* vfs, byte* name, WatchedFile* file, int flags, int* outFlags)
    {
        var path = Marshal.PtrToStringUTF8((nint)name);
        var watch = WatchOf(path);
        file->Methods = null;
        file->Opened = 0;
        if (!MayGoOn(watch, new FileCall(FileOperation.Open, path ?? ""), out var code))
            return code;
        var real = RealOf(file);
        real->Methods = null;
        var result = s_base->Open(s_base, name, real, flags, outFlags);
        if (real->Methods is not null)
        {
            file->Methods = s_methods;
            file->Opened = watch is null ? 0 : GCHandle.ToIntPtr(GCHandle.Alloc(new Opened(path!, watch)));
        }

        return result;
    }

    [UnmanagedCallersOnly]
    private static int Delete(Vfs* vfs, byte* name, int syncDirectory)
    {
        var path = Marshal.PtrToStringUTF8((nint)name)!;
        var call = new FileCall(FileOperation.Delete, path);
        var watch = WatchOf(path);
        return MayGoOn(watch, call, out var code) ? Done(watch, call, s_base->Delete(s_base, name, syncDirectory)) : code;
    }

    [UnmanagedCallersOnly]
    private static int Access(Vfs* vfs, byte* name, int flags, int* result)
    {
        var path = Marshal.PtrToStringUTF8((nint)name)!;
        return MayGoOn(WatchOf(path), new FileCall(FileOperation.Exists, path), out var code) ? s_base->Access(s_base, name, flags, result) : code;
    }

    [UnmanagedCallersOnly]
    private static int Close(WatchedFile* file)
    {
        if (file->Opened != 0)
            GCHandle.FromIntPtr(file->Opened).Free();
        file->Opened = 0;
        return RealOf(file)->Methods->Close(RealOf(file));
    }

    [UnmanagedCallersOnly]
    private static int Read(WatchedFile* file, void* into, int bytes, long offset) =>
        MayGoOn(file, FileOperation.Read, offset, out var code) ? RealOf(file)->Methods->Read(RealOf(file), into, bytes, offset) : code;

    [UnmanagedCallersOnly]
    private static int Write(WatchedFile* file, void* from, int bytes, long offset)
    {
        var real = RealOf(file);
        if (OpenedOf(file) is not { } opened)
            return real->Methods->Write(real, from, bytes, offset);

        var call = new FileCall(FileOperation.Write, opened.Path, offset);
        var ending = opened.Watch.Before(call);
        if (ending is Ending.Fails or Ending.IsFull)
            return CodeOf(ending, FileOperation.Write);
        var result = Done(opened.Watch, call, real->Methods->Write(real, from, ending == Ending.IsShort ? bytes / 2 : bytes, offset));
        return ending == Ending.IsShort ? CodeOf(ending, FileOperation.Write) : result;
    }

    [UnmanagedCallersOnly]
    private static int Truncate(WatchedFile* file, long size) =>
        MayGoOn(file, FileOperation.Truncate, size, out var code) ? RealOf(file)->Methods->Truncate(RealOf(file), size) : code;

    [UnmanagedCallersOnly]
    private static int Sync(WatchedFile* file, int flags)
    {
        if (!MayGoOn(file, FileOperation.Sync, 0, out var code))
            return code;
        var result = RealOf(file)->Methods->Sync(RealOf(file), flags);
        return OpenedOf(file) is { } opened ? Done(opened.Watch, new FileCall(FileOperation.Sync, opened.Path), result) : result;
    }

    [UnmanagedCallersOnly]
    private static int FileSize(WatchedFile* file, long* size) =>
        MayGoOn(file, FileOperation.Length, 0, out var code) ? RealOf(file)->Methods->FileSize(RealOf(file), size) : code;

    [UnmanagedCallersOnly]
    private static int Lock(WatchedFile* file, int level) =>
        MayGoOn(file, FileOperation.Lock, 0, out var code) ? RealOf(file)->Methods->Lock(RealOf(file), level) : code;

    [UnmanagedCallersOnly]
    private static int Unlock(WatchedFile* file, int level) => RealOf(file)->Methods->Unlock(RealOf(file), level);

    [UnmanagedCallersOnly]
    private static int CheckReservedLock(WatchedFile* file, int* result) => RealOf(file)->Methods->CheckReservedLock(RealOf(file), result);

    [UnmanagedCallersOnly]
    private static int FileControl(WatchedFile* file, int operation, void* argument) => RealOf(file)->Methods->FileControl(RealOf(file), operation, argument);

    [UnmanagedCallersOnly]
    private static int SectorSize(WatchedFile* file) => RealOf(file)->Methods->SectorSize(RealOf(file));

    [UnmanagedCallersOnly]
    private static int DeviceCharacteristics(WatchedFile* file) => RealOf(file)->Methods->DeviceCharacteristics(RealOf(file));

    [UnmanagedCallersOnly]
    private static int ShmMap(WatchedFile* file, int region, int bytes, int extend, void** memory) =>
        MayGoOn(file, FileOperation.Share, 0, out var code) ? RealOf(file)->Methods->ShmMap(RealOf(file), region, bytes, extend, memory) : code;

    [UnmanagedCallersOnly]
    private static int ShmLock(WatchedFile* file, int offset, int count, int flags)
    {
        // Letting go cannot fail.
        const int Unlocking = 1;
        var code = 0;
        return (flags & Unlocking) != 0 || MayGoOn(file, FileOperation.Share, 0, out code) ? RealOf(file)->Methods->ShmLock(RealOf(file), offset, count, flags) : code;
    }

    [UnmanagedCallersOnly]
    private static void ShmBarrier(WatchedFile* file) => RealOf(file)->Methods->ShmBarrier(RealOf(file));

    [UnmanagedCallersOnly]
    private static int ShmUnmap(WatchedFile* file, int delete) => RealOf(file)->Methods->ShmUnmap(RealOf(file), delete);

    private static WatchedFile* RealOf(WatchedFile* file) => file + 1;

    private static Opened? OpenedOf(WatchedFile* file) => file->Opened == 0 ? null : (Opened)GCHandle.FromIntPtr(file->Opened).Target!;

    private static bool MayGoOn(WatchedFile* file, FileOperation operation, long offset, out int code)
    {
        code = 0;
        return OpenedOf(file) is not { } opened || MayGoOn(opened.Watch, new FileCall(operation, opened.Path, offset), out code);
    }

    private static int Done(IFileWatch? watch, in FileCall call, int result)
    {
        if (result == 0)
            watch?.After(call);
        return result;
    }
}
