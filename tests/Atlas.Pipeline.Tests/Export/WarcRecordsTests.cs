using System.Net;
using System.Text;
using Atlas.Pipeline.Export;

namespace Atlas.Pipeline.Tests.Export;

public sealed class WarcRecordsTests
{
    [Fact]
    public async Task A_document_becomes_a_response_a_request_and_metadata_that_belong_together()
    {
        await using var bed = new ExportBed();
        await bed.StoreAsync("http://user:secret@a.test:8080/x?y=1", "hello"u8.ToArray(), "Content-Type: text/plain\r\nContent-Length: 5\r\nX-A: 1\r\nX-A: 2\r\n", "User-Agent: test\r\nAccept: */*\r\n", peer: IPAddress.Parse("192.0.2.7"));

        var records = StrictWarc.Read(bed.Warc());

        Assert.Equal(["warcinfo", "response", "request", "metadata"], records.Select(record => record.Type));
        var response = records[1];
        Assert.Equal("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nX-A: 1\r\nX-A: 2\r\n\r\nhello", Encoding.Latin1.GetString(response.Block));
        Assert.Equal("GET /x?y=1 HTTP/1.1\r\nHost: a.test:8080\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n", Encoding.Latin1.GetString(records[2].Block));
        Assert.Equal(("192.0.2.7", "http/1.1", "http://a.test:8080/x?y=1", "2026-01-02T03:04:05.428Z"), (response["WARC-IP-Address"], response["WARC-Protocol"], response["WARC-Target-URI"], response["WARC-Date"]));
        Assert.Equal(["application/warc-fields", "application/http;msgtype=response", "application/http;msgtype=request", "application/warc-fields"], records.Select(record => record["Content-Type"]));
        var metadata = Encoding.UTF8.GetString(records[3].Block);
        Assert.Contains("fetchTimeMs: 250\r\n", metadata, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", metadata, StringComparison.Ordinal);
        Assert.Contains("format: WARC File Format 1.1\r\n", Encoding.UTF8.GetString(records[0].Block), StringComparison.Ordinal);
    }

    /// <summary>The bytes as they are, so that a change of the form is seen.</summary>
    [Fact]
    public async Task A_record_is_framed_as_the_standard_says()
    {
        await using var bed = new ExportBed();
        await bed.StoreAsync("http://a.test/", "hi"u8.ToArray(), hasExchange: false, contentType: "text/plain");
        bed.Sabotage("UPDATE meta SET value = '0123456789abcdef0123456789abcdef' WHERE name = 'ledger_id'");

        var file = Encoding.UTF8.GetString(bed.Warc());

        Assert.Contains(
            "\r\n\r\nWARC/1.1\r\nWARC-Type: resource\r\nWARC-Record-ID: <urn:uuid:4601e70d-8f61-5b86-8f62-3e54ac5187d9>\r\nWARC-Date: 2026-01-02T03:04:05.428Z\r\nWARC-Target-URI: http://a.test/\r\n"
            + "WARC-Warcinfo-ID: <urn:uuid:d082315c-67fc-5617-ac1b-c15c578678df>\r\nWARC-Payload-Digest: sha256:R5BUGRTER5VZNX4J3WUQDRIXNMIKNWBZMHOTYGWIRNM3FXBSPKSA====\r\n"
            + "Content-Type: text/plain\r\nWARC-Block-Digest: sha256:R5BUGRTER5VZNX4J3WUQDRIXNMIKNWBZMHOTYGWIRNM3FXBSPKSA====\r\nContent-Length: 2\r\n\r\nhi\r\n\r\n",
            file,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Encoded_and_chunked_answers_do_not_lie_about_the_body_that_is_stored()
    {
        await using var bed = new ExportBed();
        await bed.StoreAsync("http://a.test/1", "decoded"u8.ToArray(), "Content-Encoding: gzip\r\nContent-Length: 21\r\n");
        await bed.StoreAsync("http://a.test/2", "chunks"u8.ToArray(), "Transfer-Encoding: chunked\r\n");
        await bed.StoreAsync("http://a.test/3", "identical"u8.ToArray(), "Content-Encoding: identity\r\nContent-Length: 9\r\n");

        var responses = StrictWarc.Read(bed.Warc()).Where(record => record.Type == "response").ToList();

        Assert.Equal(("gzip", "21", "7"), (responses[0].HttpField("X-Crawler-Content-Encoding"), responses[0].HttpField("X-Crawler-Content-Length"), responses[0].HttpField("Content-Length")));
        Assert.Equal(("chunked", "6"), (responses[1].HttpField("X-Crawler-Transfer-Encoding"), responses[1].HttpField("Content-Length")));
        Assert.Equal(("identity", "9", null), (responses[2].HttpField("Content-Encoding"), responses[2].HttpField("Content-Length"), responses[2].HttpField("X-Crawler-Content-Length")));
    }

    [Fact]
    public async Task A_body_that_comes_again_is_a_revisit_of_the_record_that_has_it()
    {
        await using var bed = new ExportBed();
        await bed.StoreAsync("http://a.test/1", "same"u8.ToArray(), "X-Of: 1\r\n");
        await bed.StoreAsync("http://b.test/2", "same"u8.ToArray(), "X-Of: 2\r\n");
        await bed.StoreAsync("http://a.test/e1", [], "");
        await bed.StoreAsync("http://a.test/e2", [], "");

        var records = StrictWarc.Read(bed.Warc());

        Assert.Equal(["response", "revisit", "response", "response"], records.Select(record => record.Type).Where(type => type.StartsWith("re", StringComparison.Ordinal) && type != "request"));
        var (first, again) = (records.First(record => record.Type == "response"), records.Single(record => record.Type == "revisit"));
        Assert.Equal("http://netpreserve.org/warc/1.1/revisit/identical-payload-digest", again["WARC-Profile"]);
        Assert.Equal((first["WARC-Record-ID"], first["WARC-Target-URI"], first["WARC-Date"], first["WARC-Payload-Digest"]), (again["WARC-Refers-To"], again["WARC-Refers-To-Target-URI"], again["WARC-Refers-To-Date"], again["WARC-Payload-Digest"]));
        Assert.Equal(("2", "4"), (again.HttpField("X-Of"), again.HttpField("Content-Length")));
    }

    [Fact]
    public async Task A_filter_leaves_no_revisit_without_its_record()
    {
        await using var bed = new ExportBed();
        await bed.StoreAsync("http://a.test/1", "same"u8.ToArray());
        await bed.StoreAsync("http://b.test/2", "same"u8.ToArray());

        var records = StrictWarc.Read(bed.Warc(new DocumentFilter { Hosts = ["b.test"] }));

        Assert.Equal("same"u8.ToArray(), records.Single(record => record.Type == "response").Payload);
    }

    [Fact]
    public async Task What_is_damaged_is_named_and_the_others_go_on_without_revisits_of_it()
    {
        await using var bed = new ExportBed();
        await bed.StoreAsync("http://a.test/1", "damaged"u8.ToArray());
        await bed.StoreAsync("http://a.test/2", "damaged"u8.ToArray());
        await bed.StoreAsync("http://a.test/3", "headers are damaged"u8.ToArray());
        await bed.StoreAsync("http://a.test/4", "whole"u8.ToArray());
        bed.Sabotage("UPDATE content_metadata SET body_offset = body_offset + 1 WHERE id <= 2; UPDATE content_metadata SET exchange_offset = exchange_offset - 1 WHERE id = 3");
        var damage = new List<string>();

        var records = StrictWarc.Read(bed.Warc(damage: damage));

        Assert.Equal(["http://a.test/4"], records.Where(record => record.Type == "response").Select(record => record["WARC-Target-URI"]));
        Assert.Equal(["http://a.test/1", "http://a.test/2", "http://a.test/3"], damage.Select(line => line.Split(' ')[0]));
        Assert.Contains("SHA-256", damage[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_larger_than_what_is_held_comes_out_the_same()
    {
        await using var bed = new ExportBed();
        var body = Enumerable.Range(0, 100_000).Select(at => (byte)(at * 7 >> 3)).ToArray();
        await bed.StoreAsync("http://a.test/1", body);

        Assert.Equal(bed.Warc(), bed.Warc(mostHeld: 1_000));
        Assert.Equal(body, StrictWarc.Read(bed.Warc(mostHeld: 1_000)).Single(record => record.Type == "response").Payload);
    }

    [Fact]
    public async Task Nothing_at_all_is_a_warcinfo_alone()
    {
        await using var bed = new ExportBed();

        Assert.Equal("warcinfo", Assert.Single(StrictWarc.Read(bed.Warc())).Type);
    }

    [Fact]
    public async Task Headers_that_were_left_out_are_said_to_be()
    {
        await using var bed = new ExportBed();
        await bed.StoreAsync("http://a.test/1", "x"u8.ToArray(), version: HttpVersion.Version20);

        var response = StrictWarc.Read(bed.Warc()).Single(record => record.Type == "response");

        Assert.Equal(("h2", null), (response["WARC-Protocol"], response["WARC-Truncated"]));
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", Encoding.Latin1.GetString(response.Block), StringComparison.Ordinal);
    }
}
