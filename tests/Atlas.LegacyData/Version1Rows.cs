using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.LegacyData;

/// <summary>The rows of the first program: half of the pages with content, and episodes in a queue of their own.</summary>
internal sealed class Version1Rows(SqlConnection database, LegacySizes sizes)
{
    public LegacyCounts Write()
    {
        database.Execute(LegacySchema.Version1);
        var content = database.Prepare("INSERT INTO content(url, title, content, content_type, source, created_at, metadata, reading_time) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, 3)");
        var episode = database.Prepare("INSERT INTO episode_queue(episode_url, episode_title, podcast_name, status, created_at, updated_at) VALUES(?1, ?2, 'A podcast', ?3, ?4, ?4)");
        var counts = new LegacyCounts();
        for (var row = 0; row < sizes.Orphans; row++)
        {
            var isFile = row % 3 == 0;
            content.Bind(1, isFile ? LegacyUrls.File(row) : LegacyUrls.Page(row)).Bind(2, LegacyTexts.Title(row)).Bind(3, row % 2 == 0 ? LegacyTexts.Body(row) : null).Bind(4, LegacyTexts.Type(row))
                .Bind(5, LegacyTexts.Source(row)).Bind(6, LegacyTexts.Time(row)).Bind(7, LegacyTexts.Json(row)).Run();
            counts.Files += isFile ? 1 : 0;
            counts.Wanted += isFile ? 0 : 1;
            counts.WithContent += !isFile && row % 2 == 0 ? 1 : 0;
        }

        string[] states = ["pending", "completed", "processing", "failed"];
        for (var row = 0; row < sizes.DeadLetters; row++)
        {
            episode.Bind(1, string.Create(CultureInfo.InvariantCulture, $"https://podcast.example/episodes/{row}.mp3")).Bind(2, LegacyTexts.Title(row)).Bind(3, states[row % states.Length]).Bind(4, LegacyTexts.Time(row)).Run();
            counts.Wanted += row % states.Length == 3 ? 0 : 1;
            counts.GivenUp += row % states.Length == 3 ? 1 : 0;
        }

        counts.Rows = sizes.Orphans + sizes.DeadLetters;
        return counts;
    }
}
