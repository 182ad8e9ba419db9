namespace Atlas.Pipeline.AcceptanceTests.Damage;

/// <summary>Ways to harm a file.</summary>
internal static class Files
{
    public static void Flip(string path, long at, int bit = 4)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ (1 << bit)));
    }

    /// <summary>Flips a bit in the text of a file, wherever it stands; every occurrence, as a page may hold an old copy.</summary>
    public static void FlipText(string path, string text)
    {
        var bytes = File.ReadAllBytes(path);
        var needle = System.Text.Encoding.ASCII.GetBytes(text);
        for (var at = bytes.AsSpan().IndexOf(needle); at >= 0; at = bytes.AsSpan().IndexOf(needle))
            bytes[at + needle.Length - 1] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    public static void Truncate(string path)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(file.Length / 2);
    }
}
