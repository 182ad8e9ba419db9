using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Atlas.Pipeline.Topology;

/// <summary>YAML text to nodes that know their place, or to mistakes. Never throws for any text.</summary>
/// <remarks>
/// Reads parser events and counts while it reads: size, nodes and depth are bounded, and recursion goes no deeper than <see cref="MaxDepth"/>. Anchors, aliases and tags are
/// refused, so nothing can grow past what is written.
/// </remarks>
internal static class SettingsParser
{
    public const int MaxBytes = 256 * 1024;

    public const int MaxNodes = 20_000;

    /// <summary>Maps and lists inside one another; the root counts as one.</summary>
    public const int MaxDepth = 32;

    /// <summary>After so many mistakes the rest of the file is not read.</summary>
    public const int MaxMistakes = 100;

    /// <summary>The root map; null when the file cannot be used at all. Duplicate keys and missing references are mistakes too, but the map is still returned, so that more can be found.</summary>
    public static MappingNode? Parse(string file, string text, List<Mistake> mistakes)
    {
        // Editors on Windows begin a file with a byte order mark.
        var root = ParseAny(file, text.StartsWith('\uFEFF') ? text[1..] : text, "", mistakes);
        if (root is null or MappingNode)
            return root as MappingNode;

        mistakes.Add(new Mistake(file, root.Line, root.Column, "", "must be a map of settings, as 'name: crawl'."));
        return null;
    }

    /// <summary>Like <see cref="Parse"/> for any value: a scalar, list or map; an empty text is an empty scalar.</summary>
    internal static SettingsNode? ParseAny(string file, string text, string path, List<Mistake> mistakes)
    {
        if (text.Length > MaxBytes || Encoding.UTF8.GetByteCount(text) > MaxBytes)
        {
            mistakes.Add(new Mistake(file, 1, 1, path, $"is larger than {MaxBytes / 1024} KiB."));
            return null;
        }

        var reading = new Reading(file, mistakes, new Parser(new StringReader(text)));
        try
        {
            return reading.Document(path);
        }
        catch (RefusedException)
        {
            return null;
        }
        catch (YamlException error)
        {
            mistakes.Add(new Mistake(file, Math.Max(1, (int)error.Start.Line), Math.Max(1, (int)error.Start.Column), path, $"is not valid YAML: {WordsOf(error)}"));
            return null;
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException or FormatException or OverflowException or IndexOutOfRangeException)
        {
            // Some broken texts make the parser trip over itself instead of saying what it expected.
            mistakes.Add(new Mistake(file, reading.Line, reading.Column, path, "is not valid YAML behind this place."));
            return null;
        }
    }

    private static string WordsOf(YamlException error)
    {
        var words = error.Message.Trim().TrimEnd('.');
        return words.Length == 0 ? "the text cannot be read." : $"{char.ToLowerInvariant(words[0])}{words[1..]}.";
    }

    /// <summary>Ends the reading of a text; the mistake is noted already.</summary>
    private sealed class RefusedException : Exception;

    private sealed class Reading(string file, List<Mistake> mistakes, Parser parser)
    {
        private readonly int _mistakesBefore = mistakes.Count;
        private int _nodes;
        private bool _isUnusable;

        /// <summary>Where the last event was.</summary>
        public int Line => LineOf(parser.Current);

        public int Column => ColumnOf(parser.Current);

        public SettingsNode? Document(string path)
        {
            Next();
            if (Next() is not DocumentStart)
                return new ScalarNode("", false, 1, 1);

            var root = Node(Next(), path, depth: 0);
            Next();
            if (Next() is DocumentStart second)
                Refuse(second, path, "there is more than one document; keep one, without '---' lines between.");
            return _isUnusable ? null : root;
        }

        private ParsingEvent? Next() => parser.MoveNext() ? parser.Current : null;

        private SettingsNode Node(ParsingEvent? at, string path, int depth)
        {
            if (++_nodes > MaxNodes)
                Refuse(at, path, $"the file has more than {MaxNodes} values.");
            if (at is AnchorAlias alias)
            {
                Unusable(alias, path, $"aliases are not supported; write out what '*{alias.Value}' stands for.");
                return new ScalarNode("", false, LineOf(alias), ColumnOf(alias));
            }

            if (at is NodeEvent { Anchor.IsEmpty: false } anchored)
                Unusable(anchored, path, $"anchors are not supported; remove '&{anchored.Anchor.Value}'.");
            if (at is NodeEvent { Tag.IsEmpty: false } tagged)
                Unusable(tagged, path, $"tags are not supported; remove '{(tagged.Tag.IsNonSpecific ? "!" : tagged.Tag.Value)}'.");
            if (at is MappingStart or SequenceStart && depth >= MaxDepth)
                Refuse(at, path, $"maps and lists are nested more than {MaxDepth} deep.");

            return at switch
            {
                Scalar scalar => Text(scalar, path),
                SequenceStart list => List(list, path, depth + 1),
                MappingStart map => Map(map, path, depth + 1),
                _ => throw new YamlException(at?.Start ?? Mark.Empty, at?.End ?? Mark.Empty, "A value is missing here"),
            };
        }

        private ScalarNode Text(Scalar scalar, string path)
        {
            var text = SecretReferences.Resolve(scalar.Value, out var isSecret, out var problem);
            if (problem is not null)
                Add(scalar, path, problem);
            return new ScalarNode(text, scalar.Style != ScalarStyle.Plain, LineOf(scalar), ColumnOf(scalar), isSecret);
        }

        private SequenceNode List(SequenceStart start, string path, int depth)
        {
            var items = new List<SettingsNode>();
            while (Next() is { } item and not SequenceEnd)
                items.Add(Node(item, path, depth));
            return new SequenceNode(items, LineOf(start), ColumnOf(start));
        }

        private MappingNode Map(MappingStart start, string path, int depth)
        {
            var entries = new List<MappingEntry>();
            var lines = new Dictionary<string, int>(StringComparer.Ordinal);
            while (Next() is { } at and not MappingEnd)
            {
                if (at is MappingStart or SequenceStart)
                    Refuse(at, path, "a key must be a single word, not a list or map.");
                if (at is not Scalar { Anchor.IsEmpty: true, Tag.IsEmpty: true } word)
                {
                    Node(at, path, depth);
                    Node(Next(), path, depth);
                    continue;
                }

                _nodes++;
                var key = new ScalarNode(word.Value, word.Style != ScalarStyle.Plain, LineOf(word), ColumnOf(word));
                var below = path.Length == 0 ? word.Value : $"{path}.{word.Value}";
                var isNew = lines.TryAdd(word.Value, key.Line);
                if (!isNew)
                    Add(word, below, $"is written twice, first in line {lines[word.Value]}; keep one.");
                var value = Node(Next(), below, depth);
                if (isNew)
                    entries.Add(new MappingEntry(key, value));
            }

            return new MappingNode(entries, LineOf(start), ColumnOf(start));
        }

        private void Unusable(ParsingEvent at, string path, string message)
        {
            _isUnusable = true;
            Add(at, path, message);
        }

        private void Refuse(ParsingEvent? at, string path, string message)
        {
            mistakes.Add(new Mistake(file, LineOf(at), ColumnOf(at), path, message));
            throw new RefusedException();
        }

        private void Add(ParsingEvent at, string path, string message)
        {
            mistakes.Add(new Mistake(file, LineOf(at), ColumnOf(at), path, message));
            if (mistakes.Count - _mistakesBefore >= MaxMistakes)
                throw new RefusedException();
        }

        private static int LineOf(ParsingEvent? at) => Math.Max(1, (int)(at?.Start.Line ?? 1));

        private static int ColumnOf(ParsingEvent? at) => Math.Max(1, (int)(at?.Start.Column ?? 1));
    }
}
