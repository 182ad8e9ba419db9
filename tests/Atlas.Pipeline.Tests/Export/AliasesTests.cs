using System.Text;
using System.Text.Json;

namespace Atlas.Pipeline.Tests.Export;

public sealed class AliasesTests
{
    [Fact]
    public async Task Every_format_names_the_URLs_that_lead_to_a_document_also_by_way_of_others()
    {
        await using var bed = new ExportBed();
        await bed.StoreAsync("http://a.test/1", "1"u8.ToArray());
        await bed.StoreAsync("http://a.test/2", "2"u8.ToArray());
        await bed.AliasAsync("http://user:secret@a.test/old", "http://a.test/1");
        await bed.AliasAsync("http://a.test/older one", "http://user:secret@a.test/old");

        var lines = bed.Json(withBodies: false).TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var warc = Encoding.UTF8.GetString(bed.Warc());

        Assert.Equal(["http://***@a.test/old", "http://a.test/older one"], lines[0].GetProperty("aliases").EnumerateArray().Select(alias => alias.GetString()));
        Assert.False(lines[1].TryGetProperty("aliases", out _));
        Assert.Contains(",http://***@a.test/old http://a.test/older%20one,,\r\n", bed.Csv(), StringComparison.Ordinal);
        Assert.Contains("\r\nalias: http://***@a.test/old\r\nalias: http://a.test/older%20one\r\n", warc, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", warc + bed.Csv() + bed.Json(), StringComparison.Ordinal);
    }
}
