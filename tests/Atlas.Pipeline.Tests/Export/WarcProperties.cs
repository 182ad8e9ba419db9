using System.Net;
using System.Security.Cryptography;
using System.Text;
using Atlas.Pipeline.Export;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;
using Atlas.Pipeline.Tests.Persist;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Export;

/// <summary>Whatever hosts say, the file can be read back.</summary>
public sealed class WarcProperties
{
    [Property(MaxTest = 300)]
    public void Any_headers_and_any_body_come_back_in_their_frame(byte[] request, byte[] response, byte[] body, string url, string contentType, bool compresses) =>
        RoundTrip(request, response, body, url ?? "", contentType ?? "", compresses);

    /// <summary>What breaks framings, put together by chance.</summary>
    [Property(MaxTest = 300)]
    public void Line_breaks_and_lying_headers_come_back_in_their_frame(int[] picks, int[] bodyPicks, bool compresses)
    {
        string[] pieces = ["\r\n", "\r", "\n", "\0", ": ", ":", " ", "200 OK", "Content-Length: 3", "Content-Length: -1", "content-length: 3", "Transfer-Encoding: chunked", "Content-Encoding: gzip", "content-encoding:br", "WARC/1.1\r\nWARC-Type: warcinfo\r\n\r\n", "X: \u00E9", "\u001F\u008B\u0008\0", "\r\n\r\n", "(bad name): x", ":", "Content-Encoding", "Set-Cookie: a=b"];
        var text = Encoding.Latin1.GetBytes(string.Concat(picks.Select(pick => pieces[(int)((uint)pick % pieces.Length)])));
        var body = Encoding.Latin1.GetBytes(string.Concat(bodyPicks.Select(pick => pieces[(int)((uint)pick % pieces.Length)])));

        RoundTrip(text, text, body, Encoding.Latin1.GetString(text), Encoding.Latin1.GetString(text), compresses);
    }

    private static void RoundTrip(byte[] request, byte[] response, byte[] body, string url, string contentType, bool compresses)
    {
        var disk = new ForgetfulDisk();
        var exchange = new HttpExchange { Request = request, Response = response, Peer = IPAddress.IPv6Loopback }.ToBytes();
        disk.Replace(SegmentStore.PathOf("bodies", 1), [.. body, .. exchange]);
        using var segments = new SegmentReader("bodies", disk);
        using var output = new MemoryStream();
        using var target = new StreamTarget(output);
        var records = new WarcRecords(new WarcFiles(target, compresses, long.MaxValue), segments, new StoredBody(segments), "ledger", "test");
        StoredDocument Document(string name, BodyPlace said) => new()
        {
            ContentId = name,
            Url = url,
            HostKey = "a.test",
            FinalUrl = "http://a.test/" + url,
            Status = 200,
            ContentType = contentType,
            BodySha256 = SHA256.HashData(body),
            Body = new BodyPlace(1, 0, body.Length),
            Exchange = said,
            FetchedAt = DateTimeOffset.UnixEpoch,
            Source = url,
        };

        records.Write(Document("1", new BodyPlace(1, body.Length, exchange.Length)));
        records.Write(Document("2", default));
        records.Complete();

        var read = compresses ? StrictWarc.ReadGzip(output.ToArray()) : StrictWarc.Read(output.ToArray());
        Assert.Equal(["warcinfo", "response", "request", "metadata", "resource", "metadata"], read.Select(record => record.Type));
        Assert.Equal(body, read[1].Payload);
        Assert.Equal(body, read[4].Payload);
    }
}
