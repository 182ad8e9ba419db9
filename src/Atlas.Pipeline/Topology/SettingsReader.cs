using System.Globalization;

namespace Atlas.Pipeline.Topology;

/// <summary>Reads the settings of one map, by name and type. Every mistake is collected and a usable value returned, so that all mistakes are reported at once.</summary>
/// <remarks>
/// Options records read themselves through it, each setting once, with its documentation. Without a map (<see cref="ForDocs"/>) the same calls only declare what
/// exists: that is where the settings tables and the schema come from. <see cref="Finish"/> reports the keys that nobody asked for.
/// </remarks>
internal sealed class SettingsReader
{
    private readonly MappingNode? _map;
    private readonly string _file;
    private readonly List<Mistake> _mistakes;
    private readonly List<SettingDoc> _declared = [];
    private readonly HashSet<string> _alsoKnown = new(StringComparer.Ordinal);

    public SettingsReader(MappingNode map, string file, string path, List<Mistake> mistakes)
    {
        _map = map;
        _file = file;
        Path = path;
        _mistakes = mistakes;
    }

    private SettingsReader()
    {
        _file = "";
        Path = "";
        _mistakes = [];
    }

    /// <summary>A reader that returns defaults and only gathers declarations.</summary>
    public static SettingsReader ForDocs() => new();

    /// <summary>Where this map stands, as <c>stages.dedup</c>.</summary>
    public string Path { get; }

    /// <summary>The settings that have been asked for, in that order.</summary>
    public IReadOnlyList<SettingDoc> Declared => _declared;

    /// <summary>A whole number.</summary>
    /// <param name="name">The key.</param>
    /// <param name="doc">Unit and meaning.</param>
    /// <param name="min">The least value allowed.</param>
    /// <param name="max">The greatest value allowed.</param>
    /// <param name="or">The value when the key is absent; without it the setting is required.</param>
    public long Int64(string name, string doc, long min = long.MinValue, long max = long.MaxValue, long? or = null)
    {
        Declare(new SettingDoc(name, "integer", or?.ToString(CultureInfo.InvariantCulture), RangeOf(min, max), doc)
        {
            Min = min == long.MinValue ? null : min,
            Max = max == long.MaxValue ? null : max,
        });
        if (Scalar(name, required: or is null) is not { } node)
            return or ?? Math.Max(min, 0);
        if (!long.TryParse(node.Text.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
            return Wrong(node, name, $"must be a whole number, got '{Shown(node)}'.", or ?? Math.Max(min, 0));
        if (value < min || value > max)
            return Wrong(node, name, $"must be {RangeOf(min, max)}, got {value}.", or ?? Math.Max(min, 0));
        return value;
    }

    /// <summary>A whole number that fits 32 bits; see <see cref="Int64"/>.</summary>
    public int Int32(string name, string doc, int min = int.MinValue, int max = int.MaxValue, int? or = null) =>
        (int)Int64(name, doc, min, max, or);

    /// <summary>A number.</summary>
    /// <param name="name">The key.</param>
    /// <param name="doc">Unit and meaning.</param>
    /// <param name="above">The value must be greater than this.</param>
    /// <param name="below">The value must be less than this.</param>
    /// <param name="or">The value when the key is absent; without it the setting is required.</param>
    public double Double(string name, string doc, double above = double.NegativeInfinity, double below = double.PositiveInfinity, double? or = null)
    {
        var limits = (double.IsInfinity(above), double.IsInfinity(below)) switch
        {
            (false, false) => string.Create(CultureInfo.InvariantCulture, $"between {above} and {below}, both excluded"),
            (false, true) => string.Create(CultureInfo.InvariantCulture, $"above {above}"),
            (true, false) => string.Create(CultureInfo.InvariantCulture, $"below {below}"),
            _ => "",
        };
        Declare(new SettingDoc(name, "number", or?.ToString(CultureInfo.InvariantCulture), limits, doc));
        var fallback = or ?? (double.IsInfinity(above) ? 0 : above + 1e-9);
        if (Scalar(name, required: or is null) is not { } node)
            return fallback;
        if (!double.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value))
            return Wrong(node, name, $"must be a number, got '{Shown(node)}'.", fallback);
        if (value <= above || value >= below)
            return Wrong(node, name, $"must be {limits}, got {Shown(node)}.", fallback);
        return value;
    }

    /// <summary>A size: a number of bytes, or one with its unit, as 512MiB; null when the key is absent. From 64 MiB on.</summary>
    public long? Size(string name, string doc)
    {
        const string Form = "must be a size of at least 64MiB, as \"1GiB\", \"512MiB\" or a number of bytes";
        const long MostBytes = 1L << 46;
        Declare(new SettingDoc(name, "string or integer", "", "at least 64 MiB", doc));
        if (Scalar(name, required: false) is not { } node)
            return null;
        var text = node.Text.Replace("_", "", StringComparison.Ordinal);
        var unit = text.EndsWith("GiB", StringComparison.Ordinal) ? 30 : text.EndsWith("MiB", StringComparison.Ordinal) ? 20 : text.EndsWith("KiB", StringComparison.Ordinal) ? 10 : 0;
        if (unit > 0)
            text = text[..^3].TrimEnd();
        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value <= MostBytes >> unit && (long)(value * (1L << unit)) is var bytes && bytes >= 64L << 20
            ? bytes
            : Wrong<long?>(node, name, $"{Form}, got '{Shown(node)}'.", null);
    }

    /// <summary>A time with its unit: seconds, minutes, hours or days, as 90s, 30m, 12h or 7d; null when the key is absent. From a second to ten years.</summary>
    public TimeSpan? Duration(string name, string doc)
    {
        const string Form = "must be a time from 1s to 3650d, a number with its unit, as \"7d\", \"12h\", \"30m\" or \"90s\"";
        const int MostSeconds = 3_650 * 86_400;
        Declare(new SettingDoc(name, "string", "", "1s to 3650d", doc));
        if (Scalar(name, required: false) is not { } node)
            return null;
        var unit = node.Text.Length == 0 ? 0 : node.Text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3_600, 'd' => 86_400, _ => 0 };
        return unit > 0 && decimal.TryParse(node.Text.AsSpan(0, node.Text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && value <= MostSeconds && value * unit is >= 1 and <= MostSeconds and var seconds
            ? TimeSpan.FromMilliseconds((long)(seconds * 1_000))
            : Wrong<TimeSpan?>(node, name, $"{Form}, got '{Shown(node)}'.", null);
    }

    /// <summary>true or false.</summary>
    public bool Boolean(string name, string doc, bool or)
    {
        Declare(new SettingDoc(name, "boolean", or ? "true" : "false", "", doc));
        if (Scalar(name, required: false) is not { } node)
            return or;
        return node.Text switch
        {
            "true" when !node.IsQuoted => true,
            "false" when !node.IsQuoted => false,
            _ => Wrong(node, name, $"must be true or false, got '{Shown(node)}'.", or),
        };
    }

    /// <summary>A text that is not empty.</summary>
    public string String(string name, string doc, string? or = null)
    {
        Declare(new SettingDoc(name, "string", or, "", doc));
        if (Scalar(name, required: or is null) is not { } node)
            return or ?? "";
        return node.Text.Length > 0 ? node.Text : Wrong(node, name, "must not be empty.", or ?? "");
    }

    /// <summary>One of a few words.</summary>
    public string Choice(string name, string doc, IReadOnlyList<string> choices, string? or = null)
    {
        Declare(new SettingDoc(name, "string", or, string.Join(", ", choices), doc) { Choices = choices });
        if (Scalar(name, required: or is null) is not { } node)
            return or ?? choices[0];
        return choices.Contains(node.Text)
            ? node.Text
            : Wrong(node, name, $"must be one of {string.Join(", ", choices)}, got '{Shown(node)}'.{DidYouMean.Among(node.Text, choices)}", or ?? choices[0]);
    }

    /// <summary>A time in milliseconds; the key ends in <c>_ms</c>.</summary>
    public TimeSpan Milliseconds(string name, string doc, long min = 0, long max = int.MaxValue, long? or = null) =>
        TimeSpan.FromMilliseconds(Int64(name, doc, min, max, or));

    /// <summary>A list of texts.</summary>
    public IReadOnlyList<string> Strings(string name, string doc, IReadOnlyList<string>? or = null)
    {
        Declare(new SettingDoc(name, "list", or is null ? null : $"[{string.Join(", ", or)}]", "", doc));
        switch (Find(name, required: or is null))
        {
            case null:
                return or ?? [];
            case SequenceNode list:
                return Texts(list, name);
            case { } node:
                return Wrong(node, name, "must be a list, written [a, b] or one '- item' a line.", or ?? []);
        }
    }

    /// <summary>A list of whole numbers.</summary>
    public IReadOnlyList<int> Int32s(string name, string doc, int min, int max, IReadOnlyList<int> or)
    {
        Declare(new SettingDoc(name, "list", $"[{string.Join(", ", or)}]", RangeOf(min, max), doc));
        switch (Find(name, required: false))
        {
            case null:
                return or;
            case SequenceNode list:
                var values = new List<int>();
                foreach (var item in list.Items)
                {
                    if (item is ScalarNode node && int.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
                        values.Add(value);
                    else
                        Wrong(item, name, $"each item must be a whole number {RangeOf(min, max)}, got '{(item is ScalarNode scalar ? Shown(scalar) : "a list or map")}'.", 0);
                }

                return values;
            case { } node:
                return Wrong(node, name, "must be a list, written [1, 2].", or);
        }
    }

    /// <summary>The raw node of a setting whose shape is its owner's affair; null when absent.</summary>
    public SettingsNode? Node(string name, string type, string doc, string? or = "")
    {
        Declare(new SettingDoc(name, type, or, "", doc));
        return Find(name, required: or is null);
    }

    /// <summary>A map of settings inside this one; an empty one when absent.</summary>
    public SettingsReader Section(string name, string doc)
    {
        var inside = Find(name, required: false) switch
        {
            MappingNode map => new SettingsReader(map, _file, Join(name), _mistakes),
            null => ForDocs(),
            { } node => Wrong(node, name, "must be a map of settings.", ForDocs()),
        };
        Declare(new SettingDoc(name, "map", "", "", doc) { Inside = inside._declared });
        return inside;
    }

    /// <summary>Maps of settings under names that the user gives; each is its reader's to finish.</summary>
    public IReadOnlyList<(string Key, SettingsReader Inside)> Sections(string name, string doc)
    {
        Declare(new SettingDoc(name, SettingDoc.MapOfMaps, "{}", "", doc));
        switch (Find(name, required: false))
        {
            case null:
                return [];
            case MappingNode map:
                var sections = new List<(string, SettingsReader)>();
                foreach (var entry in map.Entries)
                {
                    if (entry.Value is MappingNode inside)
                        sections.Add((entry.Key.Text, new SettingsReader(inside, _file, $"{Join(name)}.{entry.Key.Text}", _mistakes)));
                    else
                        Wrong(entry.Value, $"{name}.{entry.Key.Text}", "must be a map of settings.", 0);
                }

                return sections;
            case { } node:
                return Wrong<IReadOnlyList<(string, SettingsReader)>>(node, name, "must be a map.", []);
        }
    }

    /// <summary>The keys that are written in the file.</summary>
    public IReadOnlySet<string> Written => _map is null ? new HashSet<string>() : _map.Entries.Select(entry => entry.Key.Text).ToHashSet(StringComparer.Ordinal);

    /// <summary>Whether the key is written in the file.</summary>
    public bool Has(string name) => _map is not null && _map.Entries.Any(entry => entry.Key.Text == name);

    /// <summary>Keys that belong to this map but are read by someone else.</summary>
    public void Ignore(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            _alsoKnown.Add(name);
    }

    /// <summary>Reports a mistake at a setting, for checks that no type can express.</summary>
    public void Report(string name, string message) => Wrong(Find(name, required: false) ?? (SettingsNode?)_map, name, message, 0);

    /// <summary>Reports a mistake at a node.</summary>
    public void Report(SettingsNode at, string name, string message) => Wrong(at, name, message, 0);

    /// <summary>Reports every key that nobody asked for.</summary>
    public void Finish()
    {
        if (_map is null)
            return;

        var known = _declared.Select(setting => setting.Name).Concat(_alsoKnown).ToList();
        foreach (var entry in _map.Entries)
        {
            if (!known.Contains(entry.Key.Text))
                Wrong(entry.Key, entry.Key.Text, $"no such setting.{DidYouMean.Among(entry.Key.Text, known)}", 0);
        }
    }

    private List<string> Texts(SequenceNode list, string name)
    {
        var texts = new List<string>();
        foreach (var item in list.Items)
        {
            if (item is ScalarNode { Text.Length: > 0 } scalar)
                texts.Add(scalar.Text);
            else
                Wrong(item, name, "each item must be a text that is not empty.", 0);
        }

        return texts;
    }

    private void Declare(SettingDoc setting) => _declared.Add(setting);

    private ScalarNode? Scalar(string name, bool required) => Find(name, required) switch
    {
        ScalarNode scalar => scalar,
        null => null,
        { } node => Wrong<ScalarNode?>(node, name, "must be a single value, not a list or map.", null),
    };

    private SettingsNode? Find(string name, bool required)
    {
        if (_map is null)
            return null;
        foreach (var entry in _map.Entries)
        {
            if (entry.Key.Text == name)
                return entry.Value;
        }

        if (required)
            Wrong(_map, name, "is required and missing.", 0);
        return null;
    }

    private T Wrong<T>(SettingsNode? at, string name, string message, T instead)
    {
        _mistakes.Add(new Mistake(_file, at?.Line ?? 1, at?.Column ?? 1, Join(name), message));
        return instead;
    }

    private string Join(string name) => Path.Length == 0 ? name : $"{Path}.{name}";

    private static string Shown(ScalarNode node) => node.IsSecret ? "a secret" : node.Text.Length <= 80 ? node.Text : node.Text[..80] + "…";

    private static string RangeOf(long min, long max) => (min, max) switch
    {
        (long.MinValue or int.MinValue, long.MaxValue or int.MaxValue) => "",
        (_, long.MaxValue or int.MaxValue) => string.Create(CultureInfo.InvariantCulture, $"at least {min}"),
        (long.MinValue or int.MinValue, _) => string.Create(CultureInfo.InvariantCulture, $"at most {max}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"from {min} to {max}"),
    };
}
