using System.Buffers.Text;
using System.Text;

namespace Atlas.Pipeline.Migrate;

/// <summary>One order for both vocabularies of a column that sorts as text: the words of the first program, the numbers of the later one.</summary>
internal static class LegacyPriorities
{
    /// <summary>The class that a value means; null for none or one that nobody knows.</summary>
    public static PriorityClass? Of(ReadOnlySpan<byte> value)
    {
        value = value.Trim((byte)' ');
        if (value.IsEmpty)
            return null;
        if (Utf8Parser.TryParse(value, out double number, out var used) && used == value.Length && double.IsFinite(number))
        {
            return number switch
            {
                >= 100 => PriorityClass.Critical,
                >= 80 => PriorityClass.High,
                >= 50 => PriorityClass.Normal,
                >= 20 => PriorityClass.Low,
                _ => PriorityClass.Cleanup,
            };
        }

        for (var word = 0; word < PriorityClasses.Names.Count; word++)
        {
            if (Ascii.EqualsIgnoreCase(value, PriorityClasses.Names[word]))
                return (PriorityClass)word;
        }

        return null;
    }
}
