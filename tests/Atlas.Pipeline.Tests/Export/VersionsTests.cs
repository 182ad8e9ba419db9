using System.Text.Json;

namespace Atlas.Pipeline.Tests.Export;

/// <summary>What a document was before it changed.</summary>
public sealed class VersionsTests
{
    [Fact]
    public async Task A_document_is_given_as_it_is_now()
    {
        await using var bed = await ChangedAsync();

        var documents = Lines(bed);

        Assert.Equal(["new", "other"], documents.Select(document => document.GetProperty("body").GetString()));
        Assert.All(documents, document => Assert.False(document.TryGetProperty("replaced_at", out _)));
    }

    [Fact]
    public async Task Versions_stand_in_front_of_it_with_what_is_theirs()
    {
        await using var bed = await ChangedAsync();
        bed.WithVersions = true;

        var documents = Lines(bed);

        Assert.Equal(["first", "second", "new", "other"], documents.Select(document => document.GetProperty("body").GetString()));
        Assert.Equal(["\"1\"", "\"2\"", "\"3\"", "-"], documents.Select(document => document.TryGetProperty("etag", out var etag) ? etag.GetString() : "-"));
        Assert.Equal(documents[1].GetProperty("fetched_at").GetString(), documents[0].GetProperty("replaced_at").GetString());
        Assert.Equal(documents[2].GetProperty("fetched_at").GetString(), documents[1].GetProperty("replaced_at").GetString());
        Assert.Single(documents.Take(3).Select(document => document.GetProperty("content_id").GetString()).Distinct());
        Assert.Contains("\r\n", bed.Csv(), StringComparison.Ordinal);
        Assert.Equal(1 + 4, bed.Csv().Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task In_an_archive_each_is_a_record_of_its_own_and_damage_to_one_leaves_the_others()
    {
        await using var bed = await ChangedAsync();
        bed.WithVersions = true;
        var records = StrictWarc.Read(bed.Warc());
        var responses = records.Where(record => record["WARC-Type"] == "response").ToList();
        Assert.Equal(4, responses.Count);
        Assert.Equal(records.Count, records.Select(record => record["WARC-Record-ID"]).Distinct().Count());

        bed.Sabotage("UPDATE document_versions SET body_sha256 = x'00' WHERE id = 1");
        var damage = new List<string>();
        bed.Json(damage: damage);

        Assert.StartsWith("http://a.test/1 ", Assert.Single(damage), StringComparison.Ordinal);
    }

    private static async Task<ExportBed> ChangedAsync()
    {
        var bed = new ExportBed();
        await bed.StoreAsync("http://a.test/1", "first"u8.ToArray(), etag: "\"1\"");
        await bed.StoreAsync("http://a.test/1", "second"u8.ToArray(), etag: "\"2\"");
        await bed.StoreAsync("http://a.test/1", "new"u8.ToArray(), etag: "\"3\"");
        await bed.StoreAsync("http://b.test/", "other"u8.ToArray());
        return bed;
    }

    private static List<JsonElement> Lines(ExportBed bed) => [.. bed.Json().TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];
}
