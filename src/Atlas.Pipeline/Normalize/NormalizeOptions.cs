using System.Text;
using Atlas.Pipeline.Topology;
using Atlas.Urls;

namespace Atlas.Pipeline.Normalize;

/// <summary>The settings of <c>normalize</c>.</summary>
internal sealed record NormalizeOptions
{
    /// <summary>What canonical forms go without. A change makes other keys: URLs seen before count as new.</summary>
    public CanonicalizationRules Rules { get; init; } = new();

    internal static NormalizeOptions Read(SettingsReader yaml) => Read(yaml, foldsScheme: true);

    /// <param name="yaml">The settings.</param>
    /// <param name="foldsScheme">What <c>fold_scheme</c> is where it is not written: a pipeline folds, <c>atlas normalize</c> does not.</param>
    internal static NormalizeOptions Read(SettingsReader yaml, bool foldsScheme)
    {
        var (dropsTracking, dropped) = ReadDropped(yaml);
        return new NormalizeOptions
        {
            Rules = new CanonicalizationRules
            {
                DropTracking = dropsTracking,
                DropParams = dropped,
                KeepParams = yaml.Strings("keep_params", "Query parameters that stay even if they are on the list of tracking parameters: whole names, in any case.", []),
                Sites = ReadSites(yaml),
                FoldScheme = yaml.Boolean("fold_scheme", "Count https and http on their default ports as one resource, written http in the key.", foldsScheme),
                FoldWww = yaml.Boolean("fold_www", "Count www.example.org and example.org as one host.", or: false),
                FoldTrailingSlash = yaml.Boolean("trailing_slash", "Count /a/ and /a as one path.", or: false),
                DropSessionIds = yaml.Boolean("session_ids", "Drop what has both the name and the look of a session id, from query and path.", or: false),
                AcceptSchemeless = yaml.Boolean("schemeless", "Read lines like example.org/a and //example.org as http.", or: false),
            },
        };
    }

    private static Dictionary<string, SiteRules> ReadSites(SettingsReader yaml)
    {
        var sites = new Dictionary<string, SiteRules>(StringComparer.OrdinalIgnoreCase);
        foreach (var (domain, inside) in yaml.Sections("sites", "Parameters of single sites, by domain, subdomains included: { example.org: { drop_params: [ref], keep_params: [gclid] } }. They come before the lists for all sites."))
        {
            if (!IsDomain(domain))
                yaml.Report("sites", $"'{domain}' is no domain. Write one alone, like example.org; it stands for its subdomains too.");
            sites[domain] = new SiteRules(
                inside.Strings("drop_params", "Names to drop on this site.", []),
                inside.Strings("keep_params", "Names that stay on this site.", []));
            inside.Finish();
        }

        return sites;
    }

    /// <summary>Whether a host can be called so; what would never be the site of a URL is a mistake.</summary>
    private static bool IsDomain(string domain) =>
        domain.IndexOfAny(domain.StartsWith('[') ? ['/'] : ['/', '\\', '?', '#', '@', ':', '*']) < 0 && HostKey.Of(Encoding.UTF8.GetBytes($"http://{domain}/")).Length > 0;

    private static (bool DropsTracking, IReadOnlyList<string> Names) ReadDropped(SettingsReader yaml)
    {
        const string Name = "drop_params";
        const string Help = "must be default, none, or a list of names to drop besides the default ones.";
        var node = yaml.Node(Name, "string or list", "Query parameters to drop: default (known tracking parameters), none, or a list of whole names, in any case, to drop besides them.", "default");
        switch (node)
        {
            case null or ScalarNode { Text: "default" }:
                return (true, []);
            case ScalarNode { Text: "none" }:
                return (false, []);
            case SequenceNode list:
                var names = new List<string>();
                foreach (var item in list.Items)
                {
                    if (item is ScalarNode { Text.Length: > 0 } name)
                        names.Add(name.Text);
                    else
                        yaml.Report(item, Name, "each item must be a name that is not empty.");
                }

                return (true, names);
            case ScalarNode scalar:
                yaml.Report(scalar, Name, Help + DidYouMean.Among(scalar.Text, ["default", "none"]));
                return (true, []);
            default:
                yaml.Report(node, Name, Help);
                return (true, []);
        }
    }
}
