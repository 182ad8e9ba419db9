using System.Security.Cryptography;
using System.Text;

namespace Atlas.Pipeline.Export;

/// <summary>UUIDs of version 5 (RFC 9562, 5.5): of one name always the same, so that two exports of one state are equal byte for byte.</summary>
internal static class NameBasedId
{
    /// <summary>Of all names here; it was drawn by lot once.</summary>
    private static readonly Guid Namespace = new("6f1f3a0e-8a3c-4f67-9f0b-2f5d1c7be6a4");

    /// <summary>As WARC-Record-ID has it.</summary>
    public static string UrnOf(string name) => $"<urn:uuid:{Of(Namespace, name)}>";

    public static Guid Of(Guid within, string name)
    {
        var bytes = new byte[16 + Encoding.UTF8.GetByteCount(name)];
        within.TryWriteBytes(bytes, bigEndian: true, out _);
        Encoding.UTF8.GetBytes(name, bytes.AsSpan(16));
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(bytes, hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x50);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
