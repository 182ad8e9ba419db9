namespace Atlas.Urls;

/// <summary>The one word that stands for an error wherever it is shown, written or stored.</summary>
public static class CanonicalizationErrorNames
{
    /// <summary>The word, in ASCII; empty for <see cref="CanonicalizationError.None"/>.</summary>
    /// <param name="error">The error.</param>
    public static ReadOnlySpan<byte> Of(CanonicalizationError error) => error switch
    {
        CanonicalizationError.NoScheme => "no_scheme"u8,
        CanonicalizationError.NoHost => "no_host"u8,
        CanonicalizationError.BadHost => "bad_host"u8,
        CanonicalizationError.BadPort => "bad_port"u8,
        _ => default,
    };
}
