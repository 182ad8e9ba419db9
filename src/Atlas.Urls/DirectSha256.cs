using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Atlas.Urls;

/// <summary>SHA-256 by the platform's libcrypto without the wrapping: for inputs as short as a URL the one-shot call of the framework costs several times the hash itself.</summary>
/// <remarks>The three functions and the context's size (112 bytes) have been stable from OpenSSL 1.0 to 3.x. Where the library is not found, <see cref="IsSupported"/> is false.</remarks>
internal static unsafe class DirectSha256
{
    // SHA256_CTX is 112 bytes; what a future version might add has room.
    private const int ContextSize = 256;

    private static readonly delegate* unmanaged[SuppressGCTransition]<byte*, int> Init;
    private static readonly delegate* unmanaged[SuppressGCTransition]<byte*, byte*, nuint, int> Update;
    private static readonly delegate* unmanaged[SuppressGCTransition]<byte*, byte*, int> Final;

    static DirectSha256()
    {
        foreach (var name in new[] { "libcrypto.so.3", "libcrypto.so.1.1" })
        {
            if (NativeLibrary.TryLoad(name, out var library)
                && NativeLibrary.TryGetExport(library, "SHA256_Init", out var init)
                && NativeLibrary.TryGetExport(library, "SHA256_Update", out var update)
                && NativeLibrary.TryGetExport(library, "SHA256_Final", out var final))
            {
                Init = (delegate* unmanaged[SuppressGCTransition]<byte*, int>)init;
                Update = (delegate* unmanaged[SuppressGCTransition]<byte*, byte*, nuint, int>)update;
                Final = (delegate* unmanaged[SuppressGCTransition]<byte*, byte*, int>)final;
                return;
            }
        }
    }

    /// <summary>The longest input that may be given: the collector waits for the call, so it must be short. In bytes.</summary>
    public const int LongestInput = 4096;

    public static bool IsSupported => Final != null;

    /// <summary>The digest of a short input.</summary>
    /// <param name="input">At most <see cref="LongestInput"/> bytes.</param>
    /// <param name="digest">32 bytes.</param>
    [SkipLocalsInit]
    public static void Hash(ReadOnlySpan<byte> input, Span<byte> digest)
    {
        var context = stackalloc byte[ContextSize];
        fixed (byte* data = input)
        fixed (byte* result = digest)
        {
            _ = Init(context);
            _ = Update(context, data, (nuint)input.Length);
            _ = Final(result, context);
        }
    }
}
