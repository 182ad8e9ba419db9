using Atlas.Pipeline.Export;

namespace Atlas.Pipeline.Tests.Export;

public sealed class CsvRowsTests
{
    [Fact]
    public void On_a_terminal_a_value_does_nothing_and_elsewhere_it_is_exact()
    {
        var (shown, exact) = (new CsvLine(isForTerminal: true), new CsvLine(isForTerminal: false));
        foreach (var line in (CsvLine[])[shown, exact])
            line.Add("a\u001b[31m\u009b\u202e");

        Assert.Equal(("a\uFFFD[31m\uFFFD\uFFFD\r\n", "a\u001b[31m\u009b\u202e\r\n"), (System.Text.Encoding.UTF8.GetString(shown.End()), System.Text.Encoding.UTF8.GetString(exact.End())));
    }

    [Fact]
    public async Task Rows_follow_a_header_and_values_with_commas_quotes_and_line_breaks_are_quoted()
    {
        await using var bed = new ExportBed();
        await bed.StoreAsync("http://a.test/1,2", "one"u8.ToArray(), contentType: "text/plain; x=\"a,b\"\r\nc", etag: "W/\"1\"");

        var csv = bed.Csv();

        Assert.Equal(
            "content_id,url,canonical_url,final_url,host,status,content_type,charset,etag,last_modified,fetched_at,elapsed_ms,bytes,wire_bytes,sha256,source,attempts,admitted_at,aliases,checked_at,replaced_at\r\n"
            + "c2adbf331fec2ab4cef588363cfabe63,\"http://a.test/1,2\",\"http://a.test/1,2\",\"http://a.test/1,2\",a.test,200,\"text/plain; x=\"\"a,b\"\"\r\nc\",,\"W/\"\"1\"\"\",,2026-01-02T03:04:05.678Z,250,3,3,"
            + "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed,feed,1,2026-01-02T03:04:05.678Z,,,\r\n",
            csv);
    }

    [Theory]
    [InlineData("=HYPERLINK(1)", "'=HYPERLINK(1)")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("\"=1\"", "\"\"\"=1\"\"\"")]
    public async Task What_a_spreadsheet_would_take_for_a_formula_is_text(string etag, string shown)
    {
        await using var bed = new ExportBed();
        await bed.StoreAsync("http://a.test/1", "one"u8.ToArray(), etag: etag);

        Assert.Contains($",utf-8,{shown},,", bed.Csv(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_documents_there_is_the_header()
    {
        await using var bed = new ExportBed();

        Assert.StartsWith("content_id,", Assert.Single(bed.Csv().Split("\r\n", StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }
}
