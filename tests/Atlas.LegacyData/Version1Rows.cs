using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.LegacyData;

/// <summary>The rows of the first program: half of the pages with content, some of them twice in other spellings, and episodes in a queue of their own.</summary>
internal sealed class Version1Rows(SqlConnection database, LegacySizes sizes)
{
    private static readonly string[] States = ["pending", "completed", "processing", "failed"];

    private readonly LegacyCounts _counts = new();
    private readonly HashSet<int> _pages = [], _withContent = [], _wantedEpisodes = [], _failedEpisodes = [];

    public LegacyCounts Write()
    {
        database.Execute(LegacySchema.Version1);
        var content = database.Prepare("INSERT INTO content(url, title, content, content_type, source, created_at, metadata, summary, tags, reading_time) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'a, b', 3)");
        for (var row = 0; row < sizes.Orphans; row++)
        {
            // What was read and came out empty is no content.
            var body = row % 2 != 0 ? null : row % 58 == 4 ? "" : LegacyTexts.Body(row);
            content.Bind(1, UrlOf(row, hasContent: !string.IsNullOrEmpty(body))).Bind(2, LegacyTexts.Title(row)).Bind(3, body).Bind(4, LegacyTexts.Type(row))
                .Bind(5, LegacyTexts.Source(row)).Bind(6, LegacyTexts.Time(row)).Bind(7, LegacyTexts.Json(row)).Bind(8, row % 3 == 1 ? "A summary" : null).Run();
        }

        WriteEpisodes();
        _failedEpisodes.ExceptWith(_wantedEpisodes);
        _counts.Wanted = _pages.Count + _wantedEpisodes.Count;
        _counts.WithContent = _withContent.Count;
        _counts.GivenUp = _failedEpisodes.Count;
        _counts.Rows = sizes.Orphans + sizes.DeadLetters;
        return _counts;
    }

    private string? UrlOf(int row, bool hasContent)
    {
        if (row % 3 == 0)
        {
            _counts.Files++;
            return LegacyUrls.File(row);
        }

        if (row % 401 == 400)
            return LegacyUrls.Unfetchable(_counts.Unfetchable++);
        if (row % 997 == 400)
        {
            // Each row without a URL is one by itself.
            _counts.Unfetchable++;
            return row % 2 == 0 ? null : "";
        }

        // One in eight is a page that came before, half of them in another spelling.
        var page = row % 8 == 7 && _pages.Count > 0 ? row - (row % 3 == 1 ? 3 : 6) : row;
        var isNew = _pages.Add(page);
        if (hasContent)
            _withContent.Add(page);
        return isNew || row % 16 == 15 ? LegacyUrls.Page(page) : LegacyUrls.Disguised(page, row);
    }

    private void WriteEpisodes()
    {
        var episode = database.Prepare("INSERT INTO episode_queue(episode_url, episode_title, podcast_name, status, created_at, updated_at, episode_description, transcript_url) VALUES(?1, ?2, 'A podcast', ?3, ?4, ?4, 'About it', ?5)");
        for (var row = 0; row < sizes.DeadLetters; row++)
        {
            // One in nine was queued before, in another state.
            var number = row % 9 == 8 ? row - 1 : row;
            var state = States[row % States.Length];
            (state == "failed" ? _failedEpisodes : _wantedEpisodes).Add(number);
            episode.Bind(1, string.Create(CultureInfo.InvariantCulture, $"https://podcast.example/episodes/{number}.mp3{(number == row ? "" : "#t=10")}")).Bind(2, LegacyTexts.Title(row)).Bind(3, state).Bind(4, LegacyTexts.Time(row))
                .Bind(5, row % 5 == 0 ? string.Create(CultureInfo.InvariantCulture, $"https://podcast.example/transcripts/{number}.txt") : null).Run();
        }
    }
}
