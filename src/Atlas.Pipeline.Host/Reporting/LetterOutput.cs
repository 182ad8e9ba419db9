using System.Globalization;
using System.Text;
using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Export;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>Writes dead letters to stdout, in one of three forms; none shows user names or passwords.</summary>
internal abstract class LetterOutput : IDisposable
{
    private readonly Stream _stdout = StandardOutput.Open();

    protected LetterOutput() => Output = new BufferedStream(_stdout, 64 * 1024);

    protected BufferedStream Output { get; }

    public static LetterOutput Table() => new AsTable();

    public static LetterOutput Json(CanonicalUrls canonical) => new AsJson(canonical);

    public static LetterOutput Csv(CanonicalUrls canonical) => new AsCsv(canonical);

    public abstract void Write(IReadOnlyCollection<Letter> letters);

    public virtual void Dispose()
    {
        Output.Dispose();
        _stdout.Dispose();
    }

    private sealed class AsTable : LetterOutput
    {
        public override void Write(IReadOnlyCollection<Letter> letters)
        {
            // The longest comes last, where nothing has to be set behind it.
            var table = new TextTable("seq>", "when", "tries>", "source", "reason", "url");
            foreach (var letter in letters)
            {
                table.Add(
                    letter.Sequence.ToString(CultureInfo.InvariantCulture),
                    letter.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                    letter.Attempts.ToString(CultureInfo.InvariantCulture),
                    letter.Source,
                    letter.Error == letter.ReasonName ? letter.ReasonName : $"{letter.ReasonName}: {CheckText.Shown(letter.Error)}",
                    CheckText.Shown(Encoding.UTF8.GetString(letter.Line)));
            }

            if (letters.Count > 0)
                Output.Write(Encoding.UTF8.GetBytes(table.ToText(TextTable.TerminalWidth, 4, 5)));
        }
    }

    private sealed class AsJson : LetterOutput
    {
        private readonly LetterJson _json;

        public AsJson(CanonicalUrls canonical) => _json = new LetterJson(Output, canonical, isExact: false);

        public override void Write(IReadOnlyCollection<Letter> letters)
        {
            foreach (var letter in letters)
                _json.Write(letter);
        }

        public override void Dispose()
        {
            _json.Dispose();
            base.Dispose();
        }
    }

    private sealed class AsCsv(CanonicalUrls canonical) : LetterOutput
    {
        public override void Write(IReadOnlyCollection<Letter> letters)
        {
            Output.Write("seq,url,canonical_url,content_id,stage,class,reason,error,attempts,quarantined_at,first_seen,last_seen,occurrences,source,source_offset,ruleset_version,program_version,notes\r\n"u8);
            var row = new CsvLine(isForTerminal: !Console.IsOutputRedirected);
            foreach (var letter in letters)
            {
                row.Add(letter.Sequence);
                row.Add(Redaction.Of(Encoding.UTF8.GetString(letter.Line)));
                row.Add(LetterJson.CanonicalOf(letter, canonical) is { } form ? Redaction.Of(form) : "");
                row.Add(ContentId.ToHex(letter.ContentId));
                row.Add(LetterStage.Of(letter.Reason));
                row.Add(LetterClasses.NameOf(letter.Reason.Class));
                row.Add(letter.ReasonName);
                row.Add(letter.Error);
                row.Add(letter.Attempts);
                row.Add(TimeText.Of(letter.At));
                row.Add(TimeText.Of(letter.FirstSeen));
                row.Add(TimeText.Of(letter.LastSeen));
                row.Add(letter.Occurrences);
                row.Add(letter.Source);
                row.Add(letter.SourceOffset);
                row.Add(letter.Ruleset);
                row.Add(letter.Version);
                row.Add(letter.Notes);
                Output.Write(row.End());
            }
        }
    }
}
