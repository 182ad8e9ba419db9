using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Atlas.Pipeline.Tests.Export;

/// <summary>A reader of WARC 1.1 that lets nothing pass: every byte has to be where the standard says.</summary>
internal static class StrictWarc
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>The records of a file that is not compressed.</summary>
    public static List<StrictRecord> Read(ReadOnlySpan<byte> bytes)
    {
        var records = new List<StrictRecord>();
        while (!bytes.IsEmpty)
        {
            var fields = new List<(string Name, string Value)>();
            Assert.Equal("WARC/1.1", Line(ref bytes));
            while (Line(ref bytes) is { Length: > 0 } line)
            {
                var colon = line.IndexOf(": ", StringComparison.Ordinal);
                Assert.True(colon > 0, line);
                Assert.DoesNotContain(line, char.IsControl);
                fields.Add((line[..colon], line[(colon + 2)..]));
            }

            var record = new StrictRecord(fields, []);
            var length = int.Parse(record["Content-Length"]!, NumberStyles.None, CultureInfo.InvariantCulture);
            records.Add(record = record with { Block = bytes[..length].ToArray() });
            Assert.Equal("\r\n\r\n"u8, bytes.Slice(length, 4));
            bytes = bytes[(length + 4)..];
            Check(record);
        }

        CheckLinks(records);
        return records;
    }

    /// <summary>The records of a compressed file, each of which has to be a gzip member of its own.</summary>
    public static List<StrictRecord> ReadGzip(byte[] file)
    {
        var whole = new MemoryStream();
        var starts = new List<int>();
        for (var at = 0; at < file.Length;)
        {
            starts.Add((int)whole.Length);
            at += InflateMember(file, at, whole);
        }

        var records = Read(whole.GetBuffer().AsSpan(0, (int)whole.Length));
        Assert.Equal(starts.Count, records.Count);
        return records;
    }

    /// <summary>Each member ends where its CRC and length (RFC 1952, 2.3.1) fit what came out of it.</summary>
    private static int InflateMember(byte[] file, int at, MemoryStream into)
    {
        Assert.Equal([0x1F, 0x8B, 8, 0], file.AsSpan(at, 4).ToArray());
        for (var end = at + 18; end <= file.Length; end++)
        {
            if (end < file.Length && !file.AsSpan(end).StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B, 8, 0]))
                continue;
            try
            {
                using var member = new GZipStream(new MemoryStream(file, at, end - at), CompressionMode.Decompress);
                var plain = new MemoryStream();
                member.CopyTo(plain);
                if (BitConverter.ToUInt32(file, end - 4) != plain.Length || !plain.GetBuffer().AsSpan(0, (int)plain.Length).EndsWith("\r\n\r\n"u8))
                    continue;
                plain.WriteTo(into);
                return end - at;
            }
            catch (InvalidDataException)
            {
                // These bytes only look like the beginning of the next one.
            }
        }

        Assert.Fail("A gzip member has no end.");
        return 0;
    }

    private static void Check(StrictRecord record)
    {
        foreach (var name in record.Fields.Select(field => field.Name).Where(name => name != "WARC-Concurrent-To"))
            Assert.Single(record.Fields, field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        Assert.Matches("^<urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}>$", record["WARC-Record-ID"]);
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$", record["WARC-Date"]);
        Assert.Equal(record["WARC-Block-Digest"], Digest(record.Block));
        if (record.Type is "warcinfo")
            return;
        Assert.True(Uri.TryCreate(record["WARC-Target-URI"], UriKind.Absolute, out _), record["WARC-Target-URI"]);
        if (record.Type is "response" or "request" or "revisit")
            CheckHttp(record);
        if (record.Type is "response" or "resource")
            Assert.Equal(record["WARC-Payload-Digest"], Digest(record.Payload));
    }

    private static void CheckHttp(StrictRecord record)
    {
        var lines = Encoding.Latin1.GetString(record.Block, 0, record.HeadLength).Split("\r\n");
        Assert.Equal(["", ""], lines[^2..]);
        Assert.Matches(record.Type == "request" ? "^GET [^ ]+ HTTP/1\\.[01]$" : "^HTTP/1\\.[01] [0-9]{3} [^\r\n\0]*$", lines[0]);
        foreach (var line in lines[1..^2])
            Assert.Matches("^[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?[^\r\n\0]*$", line);
        if (record.Type == "response")
            Assert.Equal(record.Payload.Length.ToString(CultureInfo.InvariantCulture), record.HttpField("Content-Length"));
        if (record.Type != "response")
            Assert.Empty(record.Payload);
        Assert.Null(record.HttpField("Transfer-Encoding"));
        Assert.DoesNotMatch("[^, ]", record.HttpField("Content-Encoding")?.Replace("identity", "", StringComparison.Ordinal) ?? "");
    }

    private static void CheckLinks(List<StrictRecord> records)
    {
        Assert.Equal(records.Count, records.Select(record => record["WARC-Record-ID"]).Distinct().Count());
        Assert.Equal("warcinfo", records[0].Type);
        for (var at = 1; at < records.Count; at++)
        {
            var record = records[at];
            Assert.Equal(records[0]["WARC-Record-ID"], record["WARC-Warcinfo-ID"]);
            if (record.Type is "request" or "metadata")
                Assert.Contains(records[..at], capture => capture["WARC-Record-ID"] == record["WARC-Concurrent-To"] && capture["WARC-Date"] == record["WARC-Date"] && capture["WARC-Target-URI"] == record["WARC-Target-URI"]);
        }
    }

    private static string Line(ref ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n"u8);
        Assert.True(end >= 0);
        var line = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes[..end]);
        bytes = bytes[(end + 2)..];
        return line;
    }

    /// <summary>Bit by bit, so that it has nothing in common with what it checks.</summary>
    public static string Digest(ReadOnlySpan<byte> bytes)
    {
        var bits = string.Concat(SHA256.HashData(bytes).Select(value => Convert.ToString(value, 2).PadLeft(8, '0'))).PadRight(260, '0');
        return "sha256:" + string.Concat(Enumerable.Range(0, 52).Select(letter => Letters[Convert.ToInt32(bits.Substring(letter * 5, 5), 2)])) + "====";
    }
}

/// <summary>A record as it stood in the file.</summary>
internal sealed record StrictRecord(List<(string Name, string Value)> Fields, byte[] Block)
{
    public string Type => this["WARC-Type"]!;

    /// <summary>Bytes of the HTTP head, its empty line included; 0 where there is none.</summary>
    public int HeadLength => Type is "response" or "request" or "revisit" ? Block.AsSpan().IndexOf("\r\n\r\n"u8) + 4 : 0;

    public byte[] Payload => Block[HeadLength..];

    public string? this[string name] => Fields.Find(field => field.Name == name).Value;

    /// <summary>The values of a header of the HTTP head, joined; null where there is none.</summary>
    public string? HttpField(string name)
    {
        var values = Encoding.Latin1.GetString(Block, 0, HeadLength).Split("\r\n").Skip(1)
            .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).Select(line => line[(name.Length + 1)..].Trim()).ToList();
        return values.Count == 0 ? null : string.Join(", ", values);
    }
}
