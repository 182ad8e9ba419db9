using FsCheck;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Buffer;

/// <summary>The state machine of admitted URLs, whatever happens in whatever order: each is in one place at each moment, with the attempts and the fate that the rules give it, and at the end nothing is left.</summary>
public sealed class ItemStateTests
{
    [Property(MaxTest = 5)]
    public void Every_url_is_where_the_rules_say_after_every_step(DoNotSize<uint>[] steps) => Walk(steps);

    [Property(MaxTest = 200)]
    [Trait("length", "long")]
    [Trait("run", "states")]
    public void Every_url_is_where_the_rules_say_after_every_step_of_very_many(DoNotSize<uint>[] steps) => Walk(steps);

    private static void Walk(DoNotSize<uint>[] steps)
    {
        using var walk = new ItemStateWalk();

        foreach (var step in steps)
            walk.Step(step.Item);

        walk.End();
    }
}
